#include "orchestrator/api/target_form.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/ascii.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

constexpr size_t kShownBytes = 128;

absl::Status Refuse(absl::string_view what, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(what, " ", why));
}

// What stands before "://"; empty when nothing does, or it is no scheme.
absl::string_view SchemeOf(absl::string_view target) {
  const size_t mark = target.find("://");
  if (mark == absl::string_view::npos) return {};
  const absl::string_view scheme = target.substr(0, mark);
  for (const char c : scheme) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.' &&
        c != '_')
      return {};
  }
  return scheme;
}

absl::Status CheckHost(absl::string_view what, absl::string_view target) {
  const std::string destination =
      core::DestinationOf(std::string_view(target.data(), target.size()));
  if (!destination.empty() && destination[0] != ':') return absl::OkStatus();
  return Refuse(what, absl::StrCat("is '", target.substr(0, kShownBytes),
                                   "', which names no host: http://host:port/path expected"));
}

absl::Status CheckPlain(absl::string_view what, core::Protocol protocol, absl::string_view target) {
  switch (protocol) {
    case core::Protocol::kGrpc: {
      if (!base::IsGraphicAscii(std::string_view(target.data(), target.size()))) {
        return Refuse(what,
                      "has blanks or bytes outside printable ASCII, which gRPC cannot call: "
                      "host:port/package.Service/Method expected");
      }
      const std::string error =
          core::SplitGrpcTarget(std::string_view(target.data(), target.size())).error;
      return error.empty() ? absl::OkStatus()
                           : Refuse(what, absl::StrCat("cannot be called: ", error));
    }
    case core::Protocol::kHttp:
    case core::Protocol::kJsonRpc:
      break;
  }
  const std::string_view word = core::WordOf(protocol);
  return Refuse(what, absl::StrCat("is '", target.substr(0, kShownBytes),
                                   "' and must begin with http:// or https://, because the "
                                   "protocol is ",
                                   absl::string_view(word.data(), word.size())));
}

}  // namespace

absl::Status CheckTargetForm(absl::string_view what, std::optional<core::Protocol> protocol,
                             absl::string_view target) {
  if (target.empty()) return absl::OkStatus();
  const absl::string_view scheme = SchemeOf(target);
  if (absl::EqualsIgnoreCase(scheme, "http") || absl::EqualsIgnoreCase(scheme, "https"))
    return CheckHost(what, target);
  if (core::NamesParticipant(std::string_view(target.data(), target.size()))) {
    const std::string error =
        core::SplitParticipantTarget(std::string_view(target.data(), target.size())).error;
    return error.empty() ? absl::OkStatus()
                         : Refuse(what, absl::StrCat("cannot be called: ", error));
  }
  if (absl::StartsWith(target, absl::string_view(kTopicScheme.data(), kTopicScheme.size()))) {
    return Refuse(what,
                  "names a topic, which only the action of a message's step may: name the "
                  "receiver's URL");
  }
  if (!scheme.empty()) {
    return Refuse(what, absl::StrCat("begins with '", scheme.substr(0, kShownBytes),
                                     "://', which this server resolves nowhere: name the "
                                     "participant itself, http://host:port/path or, over gRPC, "
                                     "host:port/package.Service/Method; a service mesh, DNS name "
                                     "or load balancer can stand behind it. Participants that "
                                     "register here are named participant://name/Operation"));
  }
  return protocol.has_value() ? CheckPlain(what, *protocol, target) : absl::OkStatus();
}

}  // namespace saga::api
