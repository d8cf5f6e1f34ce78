#include "orchestrator/core/target.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/core/limits.h"

namespace saga::core {
namespace {

constexpr std::string_view kSchemeMark = "://";
constexpr std::string_view kParticipantScheme = "participant://";
constexpr size_t kShownTarget = 128;  // of a bad one, in its refusal
static_assert(kMaxParticipantNameLength == 64, "refusals say so");

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `text` begins with `lower`, which is in lower case.
bool StartsWith(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

bool HasPort(std::string_view authority) {
  // An IPv6 address has colons of its own, inside brackets.
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  return colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
}

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool HasNameLength(std::string_view text) {
  return !text.empty() && text.size() <= kMaxParticipantNameLength;
}

std::string Refusal(std::string_view target, std::string_view what) {
  std::string text = "gRPC target '";
  text += target;
  text += "' ";
  text += what;
  text += ": host:port/package.Service/Method expected";
  return text;
}

}  // namespace

Transport TransportOf(Protocol protocol, std::string_view target) {
  switch (protocol) {
    case Protocol::kHttp:
    case Protocol::kJsonRpc:
      return Transport::kHttp;
    case Protocol::kGrpc:
      break;
  }
  return StartsWith(target, "http://") || StartsWith(target, "https://") ? Transport::kHttp
                                                                         : Transport::kGrpc;
}

std::string DestinationOf(std::string_view target) {
  std::string_view authority = target;
  const size_t mark = target.find(kSchemeMark);
  if (mark != std::string_view::npos) authority = target.substr(mark + kSchemeMark.size());
  authority =
      authority.substr(0, authority.find_first_of(mark == std::string_view::npos ? "/" : "/?#"));
  // Who asks does not change who is asked.
  const size_t user_end = authority.rfind('@');
  if (user_end != std::string_view::npos) authority.remove_prefix(user_end + 1);

  std::string destination(authority);
  for (char& c : destination) c = Lower(c);
  if (!destination.empty() && !HasPort(destination)) {
    if (StartsWith(target, "http://")) destination += ":80";
    if (StartsWith(target, "https://")) destination += ":443";
  }
  return destination;
}

GrpcTarget SplitGrpcTarget(std::string_view target) {
  GrpcTarget result;
  const size_t slash = target.find('/');
  if (target.find(kSchemeMark) != std::string_view::npos) {
    result.error = Refusal(target, "has a scheme that nobody resolves");
  } else if (slash == std::string_view::npos) {
    result.error = Refusal(target, "has no method");
  } else if (slash == 0) {
    result.error = Refusal(target, "has no address");
  } else {
    result.address = target.substr(0, slash);
    result.method = target.substr(slash);
  }
  return result;
}

bool NamesParticipant(std::string_view target) { return StartsWith(target, kParticipantScheme); }

bool IsParticipantName(std::string_view text) {
  return HasNameLength(text) && std::all_of(text.begin(), text.end(),
                                            [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsOperationName(std::string_view text) {
  return HasNameLength(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return IsLowerOrDigit(Lower(c)) || c == '-' || c == '_' || c == '.';
         });
}

ParticipantTarget SplitParticipantTarget(std::string_view target) {
  ParticipantTarget result;
  std::string_view rest = target.substr(std::min(kParticipantScheme.size(), target.size()));
  const size_t slash = rest.find('/');
  const std::string_view name = rest.substr(0, slash);
  const std::string_view operation =
      slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  const char* wrong = nullptr;
  if (!NamesParticipant(target)) {
    wrong = "does not begin with participant://";
  } else if (!IsParticipantName(name)) {
    wrong = "names no participant, which has up to 64 of a-z, 0-9 and '-'";
  } else if (!IsOperationName(operation)) {
    wrong = "names no operation, which has up to 64 letters, digits, '-', '_' and '.'";
  }
  if (wrong != nullptr) {
    result.error = "target '";
    result.error += target.substr(0, kShownTarget);
    result.error += "' ";
    result.error += wrong;
    result.error += ": participant://NAME/OPERATION expected";
    return result;
  }
  result.name = name;
  result.operation = operation;
  return result;
}

}  // namespace saga::core
