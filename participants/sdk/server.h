#pragma once

// The doors of a participant: its gRPC services and its HTTP routes, opened together and closed
// gracefully.
//
//   ParticipantServer server(options);
//   server.AddService(&grpc_service);
//   server.Route("/order.v1.Order/GetOrder", handler);
//   absl::Status started = server.Start();
//   ...
//   server.Stop(absl::Seconds(10));      // then close the database
//
// gRPC content types application/grpc, application/grpc+proto and DTM's application/grpc+dtm_raw
// are all served (protocol 3.4). gRPC health and, over HTTP, /healthz answer while the server runs.
//
// Thread safety: AddService and Route before Start, Stop from any thread.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "participants/sdk/http_message.h"
#include "participants/sdk/http_server.h"

namespace grpc {
class Service;
class Server;
}  // namespace grpc

namespace saga::participants::sdk {

struct ServerOptions {
  std::string grpc_listen = "127.0.0.1:0";
  std::string http_listen = "127.0.0.1:0";
  int max_message_bytes = 4 * 1024 * 1024;
  int max_grpc_threads = 64;  // gRPC requests handled at the same time
  HttpServerOptions http;
};

class ParticipantServer {
 public:
  explicit ParticipantServer(const ServerOptions& options);
  ~ParticipantServer();  // Stop without grace
  ParticipantServer(const ParticipantServer&) = delete;
  ParticipantServer& operator=(const ParticipantServer&) = delete;

  // `service` must outlive the server. Without any, the gRPC door stays closed.
  void AddService(grpc::Service* service);
  void Route(std::string path, HttpHandler handler);

  // Opens both doors, or none; call it once. The message is one clear line, for example when a port
  // is taken.
  [[nodiscard]] absl::Status Start();

  // "host:port" with the real ports; the gRPC one is empty when there is no service. A handler may
  // ask for them: a request that comes in while Start is still opening the other door waits for it.
  // Not to be called before Start.
  const std::string& grpc_address() const {
    started_.WaitForNotification();
    return grpc_address_;
  }
  const std::string& http_address() const {
    started_.WaitForNotification();
    return http_address_;
  }

  // Takes nothing new, finishes what is under way for at most `grace`, then ends. Idempotent.
  void Stop(absl::Duration grace);

 private:
  absl::Status OpenDoors();
  absl::Status OpenGrpc();

  const ServerOptions options_;
  std::vector<grpc::Service*> services_;
  HttpServer http_;
  std::unique_ptr<grpc::Server> grpc_;
  std::string grpc_address_;
  std::string http_address_;
  absl::Notification started_;
};

}  // namespace saga::participants::sdk
