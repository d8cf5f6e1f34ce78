#include "orchestrator/adapter/http/http_request.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/adapter/http/http_json_rpc.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

constexpr std::array<std::string_view, 10> kFraming = {
    "connection", "content-length",    "expect", "host", "keep-alive", "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void AppendPercent(char c, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void AppendParameter(std::string_view name, std::string_view value, std::string& out) {
  if (out.back() != '?') out += '&';
  out += name;
  out += '=';
  for (const char c : value) {
    if (IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      AppendPercent(c, out);
    }
  }
}

bool HasHttpScheme(std::string_view target) {
  const auto starts_with = [target](std::string_view scheme) {
    return target.size() > scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), target.begin(),
                      [](char s, char t) { return s == Lower(t); });
  };
  return starts_with("http://") || starts_with("https://");
}

// `target` without its fragment, with what may not stand in a URL escaped.
std::string EscapedTarget(std::string_view target) {
  constexpr std::string_view kNeverPlain = " \"<>\\^`{|}";
  target = target.substr(0, target.find('#'));
  std::string url;
  url.reserve(target.size() + 128);
  for (const char c : target) {
    if (static_cast<unsigned char>(c) >= 0x80 || kNeverPlain.find(c) != std::string_view::npos) {
      AppendPercent(c, url);
    } else {
      url += c;
    }
  }
  return url;
}

bool IsHeaderName(std::string_view name) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return IsAlphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) { return IsControl(c) && c != '\t'; });
}

bool IsFraming(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return std::find(kFraming.begin(), kFraming.end(), lower) != kFraming.end();
}

// "test_header" -> "Test_header", "x-tenant" -> "X-Tenant": what DTM's participants have always
// been sent.
std::string CanonicalName(std::string_view name) {
  std::string canonical;
  bool first = true;
  for (const char c : name) {
    canonical += first ? Upper(c) : Lower(c);
    first = c == '-';
  }
  return canonical;
}

std::string HeaderLine(const std::string& name, const std::string& value) {
  const bool blank = value.find_first_not_of(" \t") == std::string::npos;
  return blank ? name + ";" : name + ": " + value;
}

void AddParameters(const port::BranchCall& call, std::string& url) {
  if (url.find('?') == std::string::npos) url += '?';
  AppendParameter("branch_id", call.branch_id, url);
  AppendParameter("gid", call.gid, url);
  AppendParameter("op", call.OpWord(), url);
  AppendParameter("trans_type", core::WordOf(call.mode), url);
}

}  // namespace

HttpRequest MakeHttpRequest(const port::BranchCall& call, const std::string& user_agent,
                            uint64_t number) {
  HttpRequest request;
  if (!HasHttpScheme(call.target)) {
    request.error = "unsupported protocol scheme: an http:// or https:// URL expected";
    return request;
  }
  if (std::any_of(call.target.begin(), call.target.end(), IsControl)) {
    request.error = "URL has control characters";
    return request;
  }
  request.url = EscapedTarget(call.target);
  request.json_rpc = IsJsonRpc(call);
  if (request.json_rpc) {
    JsonRpcBody body = MakeJsonRpcBody(call, number);
    request.error = std::move(body.error);
    if (!request.error.empty()) return request;
    request.body = std::move(body.text);
  } else {
    AddParameters(call, request.url);
    request.body = call.payload;
  }
  request.post = !base::Value(request.body).empty() || call.mode == core::Mode::kXa;

  std::map<std::string, std::string> headers = {{"Accept", "application/json"},
                                                {"Content-Type", "application/json"},
                                                {"User-Agent", user_agent}};
  for (const auto& [name, value] : call.headers) {
    if (!IsHeaderName(name) || !IsHeaderValue(value)) {
      request.error = "branch header '" + name + "' cannot be sent over HTTP";
      return request;
    }
    if (!IsFraming(name)) headers[CanonicalName(name)] = value;
  }
  for (const auto& [name, value] : headers) request.header_lines.push_back(HeaderLine(name, value));
  return request;
}

}  // namespace saga::adapter
