#pragma once

// Puts OrderService behind both doors of a server.

#include <memory>

#include "participants/order/handler/service.h"
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

// POST /order.v1.Order/<Method>. `service` must outlive the server.
void AddHttpRoutes(OrderService& service, sdk::ParticipantServer& server);

}  // namespace saga::participants::order::handler
