#pragma once

// A request and its answer as the handlers of the HTTP port see them: text that has been read off
// the wire, and nothing of the library that read it.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace saga::api {

inline constexpr std::string_view kContentJson = "application/json; charset=utf-8";
inline constexpr std::string_view kContentText = "text/plain; charset=utf-8";

struct HttpRequest {
  std::string method;     // as sent: "GET"
  std::string path;       // percent-decoded, slashes in a row made one
  std::string raw_query;  // behind the '?', as sent
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string body;                                        // at most the server's max_body_size

  // The first value of a query parameter; empty when there is none.
  std::string_view Query(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string_view content_type =
      kContentJson;      // one of the constants above, or any text that never goes away
  std::string location;  // redirects only
};

// {"message":text}: how the protocol words every refusal (protocol 1.3). Bytes that are not UTF-8
// are replaced.
HttpResponse HttpMessage(int status, std::string_view text);

// Where an answer goes.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual void Send(HttpResponse response) = 0;
};

// Answers one request, exactly once, from any thread, whenever the answer is known. One that is
// dropped without an answer sends a 500, so that no client waits for nothing. May outlive the
// server; the answer then goes nowhere.
class HttpResponder {
 public:
  explicit HttpResponder(std::shared_ptr<HttpSink> sink) : sink_(std::move(sink)) {}
  HttpResponder(HttpResponder&&) noexcept = default;
  HttpResponder& operator=(HttpResponder&&) = delete;
  ~HttpResponder();

  void Send(HttpResponse response);

 private:
  std::shared_ptr<HttpSink> sink_;
};

// Fills path, raw_query and query from a request target: "/a/b?c=d", or a whole URL as proxies send
// it. InvalidArgument when the path's percent-encoding is broken. Query parameters that are broken,
// or contain a ';', are passed over, as DTM's server does.
absl::Status ReadTarget(std::string_view target, HttpRequest& request);

}  // namespace saga::api
