#pragma once

// The gRPC port: one server for every service that is spoken there, with health and reflection.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"

namespace grpc {
class Service;
}

namespace saga::api {

// Thread-safe.
class GrpcServer {
 public:
  struct Options {
    std::string address = "127.0.0.1:36790";  // host:port, [v6]:port; port 0: any free one
    size_t max_message_size = core::kMaxRequestSize + core::kGrpcMessageSlack;
    size_t max_streams = core::kGrpcStreams;  // calls at once on one connection; more of them wait
    size_t memory = core::kGrpcMemory;        // for messages being read and written, at once
    std::string listen_flag = "--grpc-listen";  // what errors tell the user to change
  };

  struct Service {
    std::string name;  // full name for the health service, for example "dtmgimp.Dtm"
    grpc::Service* service = nullptr;
  };

  // Listens and serves from now on; not ready yet. The services outlive the server. Unavailable
  // when the address cannot be listened at; the text says why and what to do. The port is ours
  // alone: a second server on it does not start.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const Options& options,
                                                           const std::vector<Service>& services);

  // Shuts down without grace unless Shutdown was called.
  ~GrpcServer();

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // The port bound.
  int port() const;

  // What grpc.health.v1 answers, for the server and for each service.
  void SetReady(bool ready);

  // Takes no new calls, lets those that run finish for at most `grace`, cancels what is left then,
  // and returns when the last one is over. A call that the engine never answers keeps this waiting,
  // so the engine stops within `grace` or before.
  void Shutdown(base::Duration grace);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
