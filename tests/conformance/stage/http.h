#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

namespace saga::conformance {

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
  std::map<std::string, std::string> headers;  // names in lower case

  // The body as JSON; a discarded value (is_discarded()) when it is none.
  nlohmann::json json() const;
};
// How GoogleTest shows one.
void PrintTo(const HttpAnswer& answer, std::ostream* out);

// One request on a connection of its own. `address` is "127.0.0.1:port"; the path goes out as it
// is, doubled slashes and all, and redirects are not followed. A request with a body gets the
// Content-Type application/json unless `headers` has another. Waits at most 30 s. Thread-safe.
HttpAnswer Http(const std::string& address, const std::string& method,
                const std::string& path_and_query, const std::string& body = "",
                const std::map<std::string, std::string>& headers = {});

// `text` as the value of a query parameter.
std::string UrlEncode(const std::string& text);

}  // namespace saga::conformance
