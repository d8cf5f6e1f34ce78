#include "orchestrator/api/health.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "orchestrator/base/check.h"

namespace saga::api {

void ServeHealth() { grpc::EnableDefaultHealthCheckService(true); }

void SetServing(grpc::Server& server, const std::vector<std::string>& services, bool serving) {
  grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  SAGA_CHECK(health != nullptr);  // ServeHealth came first
  health->SetServingStatus("", serving);
  for (const std::string& service : services) health->SetServingStatus(service, serving);
}

}  // namespace saga::api
