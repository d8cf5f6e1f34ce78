#include "orchestrator/core/target.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace saga::core {
namespace {

constexpr std::string_view kSchemeMark = "://";

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

}  // namespace saga::core
