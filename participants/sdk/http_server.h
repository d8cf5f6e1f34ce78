#pragma once

// The HTTP side of a participant: HTTP/1.1 with keep-alive, a fixed number of threads, limits on
// everything.
//
// Thread safety: Route before Start; Stop from any thread.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "participants/sdk/address.h"
#include "participants/sdk/http_message.h"

namespace saga::participants::sdk {

struct HttpServerOptions {
  int threads = 8;                                  // requests handled at the same time
  size_t max_body_bytes = 4 * 1024 * 1024;          // larger: 413
  absl::Duration idle_timeout = absl::Seconds(60);  // a connection without a request is closed
};

class HttpServer {
 public:
  explicit HttpServer(const HttpServerOptions& options);
  ~HttpServer();  // stops without waiting for open requests
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Every method of `path` goes to `handler`: a branch call is a POST, or a GET when its payload is
  // empty (protocol 3.2). Other paths answer 404.
  void Route(std::string path, HttpHandler handler);

  // ALREADY_EXISTS with a clear line when the port is taken.
  [[nodiscard]] absl::Status Start(const Address& listen);
  // Valid after Start; the port is the real one.
  const Address& address() const { return address_; }

  // Takes no new connections and requests, answers what was already asked for at most `grace`, then
  // ends. Idempotent.
  void Stop(absl::Duration grace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  Address address_;
};

}  // namespace saga::participants::sdk
