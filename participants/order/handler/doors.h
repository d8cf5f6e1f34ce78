#pragma once

// Puts OrderService behind the doors of a server, and its branches behind the Kafka intake.

#include <memory>
#include <vector>

#include "participants/order/handler/service.h"
#include "participants/sdk/command_routes.h"
#include "participants/sdk/registration.h"
#include "participants/sdk/server.h"

namespace saga::participants::order::handler {

// The gRPC service object; keep it as long as the server.
class GrpcDoor {
 public:
  explicit GrpcDoor(OrderService& service);
  ~GrpcDoor();
  void Join(sdk::ParticipantServer& server);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The branch methods. `service` must outlive what is made of them.
sdk::CommandRoutes BranchRoutes(OrderService& service);

// The same as they are registered at sagad: over gRPC, every one behind the barrier.
std::vector<sdk::Operation> Operations();

// POST /order.v1.Order/<Method>. `service` must outlive the server.
void AddHttpRoutes(OrderService& service, sdk::ParticipantServer& server);

}  // namespace saga::participants::order::handler
