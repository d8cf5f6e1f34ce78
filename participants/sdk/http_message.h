#pragma once

// One HTTP request and its answer, as a participant's routes see them.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace saga::participants::sdk {

struct HttpRequest {
  std::string method;                        // GET, POST...
  std::string path;                          // without the query, percent-decoded
  std::map<std::string, std::string> query;  // percent-decoded; of a repeated name the last one
  std::string body;

  std::optional<std::string> Query(absl::string_view name) const {
    const auto found = query.find(std::string(name));
    return found == query.end() ? std::nullopt : std::make_optional(found->second);
  }
};

struct HttpResponse {
  int status = 200;
  std::string body;  // JSON
};

// Called from several threads at once.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

}  // namespace saga::participants::sdk
