#pragma once

// What sagactl asks of saga.v1.Admin. Not thread-safe.

#include <memory>
#include <string>

#include "cli/connection.h"
#include "saga/v1/admin.grpc.pb.h"

namespace saga::cli {

class Client {
 public:
  explicit Client(const Connection& connection)
      : connection_(connection), stub_(v1::Admin::NewStub(connection.channel())) {}

  grpc::Status List(const v1::ListRequest& request, v1::ListReply* reply);
  grpc::Status Get(const std::string& gid, v1::Transaction* reply);
  grpc::Status History(const std::string& gid, v1::HistoryReply* reply);
  grpc::Status Submit(const v1::SubmitRequest& request, v1::SubmitReply* reply);
  grpc::Status Wait(const std::string& gid, v1::Transaction* reply);
  grpc::Status Abort(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status ForceStop(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status RetryNow(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status Stats(v1::StatsReply* reply);
  grpc::Status ListDefinitions(v1::ListDefinitionsReply* reply);
  grpc::Status ListNodes(v1::ListNodesReply* reply);
  grpc::Status Version(v1::VersionReply* reply);
  grpc::Status Config(v1::ConfigReply* reply);

 private:
  const Connection& connection_;
  const std::unique_ptr<v1::Admin::Stub> stub_;
};

}  // namespace saga::cli
