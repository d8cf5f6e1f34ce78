#pragma once

// A sagad made of tables: the operator's services of saga.v1 over real gRPC, in this process. Its
// dead letters and jobs behave as the protos say; a job makes one step with every look at it.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/server.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "saga/v1/admin.grpc.pb.h"
#include "saga/v1/dead_letter.grpc.pb.h"
#include "saga/v1/destination.grpc.pb.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::cli {

class FakeSagad {
 public:
  FakeSagad();
  ~FakeSagad();

  std::string address() const;

  // A dead letter with a payload. It matches a filter when the filter is empty or its destination
  // or gid stands in it.
  void AddDead(const std::string& gid, const std::string& branch_id, const std::string& payload,
               const std::string& destination = "product");
  // It is not dead any more.
  void Settle(const std::string& gid);
  // It has died once more.
  void KillAgain(const std::string& gid);
  // Its replay will fail.
  void Doom(const std::string& gid);
  // The next so many calls are not answered.
  void BeUnavailable(int calls);

  // What was asked for, as "act gid/branch/op #death reason by tool".
  std::vector<std::string> acts() const;
  std::string PayloadOf(const std::string& gid) const;
  std::string last_filter() const;
  v1::JobLimits last_limits() const;
  v1::LimitDestinationRequest last_limit_request() const;

 private:
  class Admin;
  class DeadLetters;
  class Destinations;
  class Registry;
  struct State;

  std::unique_ptr<State> state_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<DeadLetters> dead_letters_;
  std::unique_ptr<Destinations> destinations_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace saga::cli
