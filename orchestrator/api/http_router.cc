#include "orchestrator/api/http_router.h"

#include <utility>

#include "orchestrator/base/check.h"

namespace saga::api {

namespace {

// A path as it may stand in a header, whatever bytes a client sent in its parameter.
std::string Encode(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace

void HttpRouter::Add(std::string_view method, std::string_view path, Handler handler) {
  SAGA_CHECK(path.size() > 1 && path.front() == '/' && path.back() != '/');
  const size_t parameter = path.rfind("/:");
  const bool has_parameter = parameter != std::string_view::npos;
  auto& methods = has_parameter ? parameters_[std::string(path.substr(0, parameter + 1))]
                                : routes_[std::string(path)];
  const bool added = methods.emplace(method, Route{std::string(path), std::move(handler)}).second;
  SAGA_CHECK(added);
}

const HttpRouter::Route* HttpRouter::Lookup(std::string_view method, std::string_view path) const {
  if (const auto methods = routes_.find(path); methods != routes_.end())
    return Choose(methods->second, method);
  for (const auto& [prefix, methods] : parameters_) {
    if (path.starts_with(prefix) && path.size() > prefix.size() && path.back() != '/')
      return Choose(methods, method);
  }
  return nullptr;
}

const HttpRouter::Route* HttpRouter::Choose(const Methods& methods, std::string_view method) {
  auto found = methods.find(method);
  if (found == methods.end()) found = methods.find(kAnyMethod);
  return found == methods.end() ? nullptr : &found->second;
}

HttpRouter::Match HttpRouter::Find(const HttpRequest& request) const {
  Match match;
  if (const Route* route = Lookup(request.method, request.path); route != nullptr) {
    match.route = route->path;
    match.handler = &route->handler;
    return match;
  }
  std::string_view path = request.path;
  if (path.size() > 1 && path.back() == '/') {
    path.remove_suffix(1);
    if (const Route* route = Lookup(request.method, path); route != nullptr) {
      match.route = route->path;
      match.answer.status = request.method == "GET" ? 301 : 307;
      match.answer.content_type = kContentText;
      match.answer.location = Encode(path);
      if (!request.raw_query.empty()) match.answer.location += "?" + request.raw_query;
      return match;
    }
  }
  match.answer = {.status = 404, .body = "404 page not found", .content_type = kContentText};
  return match;
}

}  // namespace saga::api
