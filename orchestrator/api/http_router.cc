#include "orchestrator/api/http_router.h"

#include <utility>

#include "orchestrator/base/check.h"

namespace saga::api {

void HttpRouter::Add(std::string_view method, std::string_view path, Handler handler) {
  SAGA_CHECK(path.size() > 1 && path.front() == '/' && path.back() != '/');
  auto& methods = routes_[std::string(path)];
  const bool added = methods.emplace(method, Route{std::string(path), std::move(handler)}).second;
  SAGA_CHECK(added);
}

const HttpRouter::Route* HttpRouter::Lookup(std::string_view method, std::string_view path) const {
  const auto methods = routes_.find(path);
  if (methods == routes_.end()) return nullptr;
  auto found = methods->second.find(method);
  if (found == methods->second.end()) found = methods->second.find(kAnyMethod);
  return found == methods->second.end() ? nullptr : &found->second;
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
      match.answer.location = route->path;
      if (!request.raw_query.empty()) match.answer.location += "?" + request.raw_query;
      return match;
    }
  }
  match.answer = {.status = 404, .body = "404 page not found", .content_type = kContentText};
  return match;
}

}  // namespace saga::api
