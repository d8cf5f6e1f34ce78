#pragma once

// The operator's door to lanes and to the outbox: saga.v1.Destinations.
// proto/saga/v1/destination.proto tells what each call does and which errors it has.

#include <memory>

#include "orchestrator/api/dead_letters.h"
#include "orchestrator/api/destination_settings.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/outbox_store.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kDestinationService[] = "saga.v1.Destinations";

// Thread-safe. What waits for the store does so on threads of this object.
class DestinationService {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    DestinationBook* book = nullptr;
    port::OutboxStore* outbox = nullptr;
    engine::LaneSettings lane;  // the engine's
    bool kafka = false;         // a publisher is configured
    ActLog log;
  };

  // The parts outlive this, and this outlives the server it is registered with.
  explicit DestinationService(const Parts& parts);
  ~DestinationService();

  DestinationService(const DestinationService&) = delete;
  DestinationService& operator=(const DestinationService&) = delete;

  // For GrpcServer, under the name kDestinationService.
  grpc::Service* service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
