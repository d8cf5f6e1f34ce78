#pragma once

// What sagactl asks of saga.v1.Destinations and saga.v1.Registry: where branches are called. Not
// thread-safe.

#include <memory>
#include <string>

#include "cli/connection.h"
#include "saga/v1/destination.grpc.pb.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::cli {

class DestinationClient {
 public:
  explicit DestinationClient(const Connection& connection)
      : connection_(connection),
        destinations_(v1::Destinations::NewStub(connection.channel())),
        registry_(v1::Registry::NewStub(connection.channel())) {}

  grpc::Status List(const std::string& filter, v1::ListDestinationsReply* reply);
  grpc::Status Get(const std::string& destination, v1::Destination* reply);
  grpc::Status Pause(const std::string& destination, const std::string& reason,
                     v1::Destination* reply);
  grpc::Status Resume(const std::string& destination, const std::string& reason,
                      v1::Destination* reply);
  grpc::Status Limit(const v1::LimitDestinationRequest& request, v1::Destination* reply);
  grpc::Status Outbox(uint32_t limit, v1::Outbox* reply);

  // An empty name: all of them.
  grpc::Status ListParticipants(const std::string& participant, v1::ListParticipantsReply* reply);

 private:
  const Connection& connection_;
  const std::unique_ptr<v1::Destinations::Stub> destinations_;
  const std::unique_ptr<v1::Registry::Stub> registry_;
};

}  // namespace saga::cli
