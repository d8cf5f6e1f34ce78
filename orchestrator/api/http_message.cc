#include "orchestrator/api/http_message.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "orchestrator/base/check.h"

namespace saga::api {

namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// nullopt: a '%' without two hex digits behind it.
std::optional<std::string> Decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// A C# client calls a Go or Python one with a base address that ends in '/', so that calls come in
// with "//" (protocol 8.3).
void CollapseSlashes(std::string& path) {
  size_t end = 0;
  for (const char c : path) {
    if (c == '/' && end > 0 && path[end - 1] == '/') continue;
    path[end++] = c;
  }
  path.resize(end);
}

std::vector<std::pair<std::string, std::string>> ReadQuery(std::string_view raw) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!raw.empty()) {
    const size_t end = raw.find('&');
    const std::string_view pair = raw.substr(0, end);
    raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
    if (pair.empty() || pair.find(';') != std::string_view::npos) continue;
    const size_t equals = pair.find('=');
    auto name = Decode(pair.substr(0, equals), /*plus_is_blank=*/true);
    auto value = equals == std::string_view::npos
                     ? std::string()
                     : Decode(pair.substr(equals + 1), /*plus_is_blank=*/true);
    if (name.has_value() && value.has_value())
      query.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

// "http://host/a?b" -> "/a?b": a server must take what a proxy is sent, too.
std::string_view WithoutAuthority(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.empty() || target.front() == '/' || scheme == std::string_view::npos) return target;
  const size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

std::string_view HttpRequest::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

HttpResponse HttpMessage(int status, std::string_view text) {
  const nlohmann::json body = {{"message", text}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

HttpResponder::~HttpResponder() {
  if (sink_ != nullptr) sink_->Send(HttpMessage(500, "the request was dropped without an answer"));
}

void HttpResponder::Send(HttpResponse response) {
  SAGA_CHECK(sink_ != nullptr);
  std::exchange(sink_, nullptr)->Send(std::move(response));
}

absl::Status ReadTarget(std::string_view target, HttpRequest& request) {
  target = WithoutAuthority(target);
  const size_t mark = target.find('?');
  auto path = Decode(target.substr(0, mark), /*plus_is_blank=*/false);
  if (!path.has_value()) return absl::InvalidArgumentError("the path's percent-encoding is broken");
  request.path = *std::move(path);
  CollapseSlashes(request.path);
  if (mark != std::string_view::npos) {
    request.raw_query = std::string(target.substr(mark + 1));
    request.query = ReadQuery(request.raw_query);
  }
  return absl::OkStatus();
}

}  // namespace saga::api
