#pragma once

// Puts ProductService behind both doors of a server.

#include <memory>

#include "participants/product/handler/service.h"
#include "participants/sdk/server.h"

namespace saga::participants::product::handler {

// The gRPC service object; keep it as long as the server.
class GrpcDoor {
 public:
  explicit GrpcDoor(ProductService& service);
  ~GrpcDoor();
  void Join(sdk::ParticipantServer& server);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// POST /product.v1.Product/<Method>. `service` must outlive the server.
void AddHttpRoutes(ProductService& service, sdk::ParticipantServer& server);

}  // namespace saga::participants::product::handler
