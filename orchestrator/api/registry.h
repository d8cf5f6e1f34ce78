#pragma once

// Where participants announce themselves: saga.v1.Registry. proto/saga/v1/registry.proto tells what
// each call does and which errors it has.

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/api/participants.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kRegistryService[] = "saga.v1.Registry";

// Thread-safe. What has to wait for the disk does so on a thread of this object, one change after
// another; heartbeats and lists are answered from memory.
class RegistryService {
 public:
  struct Parts {
    Participants* participants = nullptr;
    // What registered participants are told; both empty: this server has no Kafka.
    std::string reply_topic;
    std::string kafka_brokers;
    // Runs after a participant registered a command topic; must be quick. May be null.
    std::function<void(const std::string& topic)> on_command_topic;
  };

  // The parts outlive this. This outlives the server it is registered with.
  explicit RegistryService(Parts parts);
  // Waits for the changes that were taken.
  ~RegistryService();

  RegistryService(const RegistryService&) = delete;
  RegistryService& operator=(const RegistryService&) = delete;

  // For GrpcServer, under the name kRegistryService.
  grpc::Service* service();

  // Ends the heartbeat streams, new ones as well, so that the server can shut down without waiting
  // for its clients; leases run on. Unary calls are still answered.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
