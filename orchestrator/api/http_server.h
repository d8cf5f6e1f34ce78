#pragma once

// The HTTP port: an HTTP/1.1 server with keep-alive and pipelining for the handlers of a router. No
// request holds a thread while its answer is being worked out. Everything a client can send or
// withhold has a limit:
//
//   what                               limit (core/limits.h)                    over it
//   open connections                   max_connections (kHttpMaxConnections)    503, closed
//   request line and headers           max_header_size (kHttpHeaderSize)        431, closed
//   body                               max_body_size (limit.request_bytes)      413, closed
//   bodies of unanswered requests      body_memory (kHttpBodyMemory)            503, closed
//   silence between requests           idle_timeout (kHttpIdleTimeout)          closed
//   time to send one request           read_timeout (kHttpReadTimeout)          closed
//   time to take one answer            write_timeout (kHttpWriteTimeout)        closed
//
// What is not HTTP gets a 400 and is closed. The body of each of these answers is {"message":"..."}
// and says what to do.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "orchestrator/api/http_message.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

struct HttpServerOptions {
  std::string address = "127.0.0.1:36789";  // host:port, [v6]:port; port 0: any free one
  size_t threads = core::kHttpThreads;
  size_t max_connections = core::kHttpMaxConnections;
  size_t max_header_size = core::kHttpHeaderSize;
  size_t max_body_size = core::kMaxRequestSize;
  size_t body_memory = core::kHttpBodyMemory;
  base::Duration idle_timeout = core::kHttpIdleTimeout;
  base::Duration read_timeout = core::kHttpReadTimeout;
  base::Duration write_timeout = core::kHttpWriteTimeout;
  base::Duration linger = core::kHttpLinger;
  std::string listen_flag = "--http-listen";  // what errors tell the user to change
  // Told of every answer: the route as added to the router (or HttpRouter::kNoRoute), the status,
  // and the time since the request's first byte. Any of the server's threads; quick.
  std::function<void(std::string_view route, int status, base::Duration took)> on_answer;
};

// Thread-safe.
class HttpServer {
 public:
  // Listens and serves from now on. `router` outlives the server. Unavailable when the address
  // cannot be listened at; the text says why and what to do. The port is ours alone: a second
  // server on it does not start.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           const HttpRouter& router);

  // Stop without grace, unless Stop was called.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port bound.
  int port() const;

  // Connections open now.
  size_t connections() const;

  // Takes no new connections and ends idle ones; requests that have begun are answered for at most
  // `grace`, then what is left is closed. Returns when all is over. Answers that come later go
  // nowhere.
  void Stop(base::Duration grace);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
