#pragma once

// Readiness on the gRPC port: grpc.health.v1.Health, served by gRPC itself.

#include <string>
#include <vector>

namespace grpc {
class Server;
}

namespace saga::api {

// Before the server is built: gRPC then adds the service to it. Process-wide.
void ServeHealth();

// Answers SERVING or NOT_SERVING for each of `services` and for "", the server as a whole. Other
// names are unknown to the health service. Watchers are told. Thread-safe.
void SetServing(grpc::Server& server, const std::vector<std::string>& services, bool serving);

}  // namespace saga::api
