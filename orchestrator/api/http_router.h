#pragma once

// Which handler answers which method and path. Facts of protocol 1.2: an unknown path and a wrong
// method are both 404 with the text "404 page not found"; one slash too many at the end is
// redirected (301 for GET, 307 for others).

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/api/http_message.h"

namespace saga::api {

// Add everything first; then thread-safe.
class HttpRouter {
 public:
  // Runs on the server's threads, so it must be quick: what takes time goes elsewhere and takes the
  // responder along.
  using Handler = std::function<void(HttpRequest, HttpResponder)>;

  static constexpr std::string_view kAnyMethod = "*";
  // The route of requests that met none.
  static constexpr std::string_view kNoRoute = "other";

  // `path` begins with '/' and does not end with one. Its last part may be a parameter, ":name": it
  // stands for the rest of a request's path, which is not empty and does not end with '/'. Each
  // method and path once.
  void Add(std::string_view method, std::string_view path, Handler handler);

  struct Match {
    std::string_view route =
        kNoRoute;  // the path as added: safe as a metric's label; lives as long as the router
    const Handler* handler = nullptr;  // null: `answer` is the answer
    HttpResponse answer;
  };
  Match Find(const HttpRequest& request) const;

 private:
  struct Route {
    std::string path;
    Handler handler;
  };
  using Methods = std::map<std::string, Route, std::less<>>;  // by method
  const Route* Lookup(std::string_view method, std::string_view path) const;
  static const Route* Choose(const Methods& methods, std::string_view method);

  std::map<std::string, Methods, std::less<>> routes_;      // by path
  std::map<std::string, Methods, std::less<>> parameters_;  // by what stands before the parameter
};

}  // namespace saga::api
