#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "dtmgimp/dtm.grpc.pb.h"
#include "tests/e2e/participant.h"

namespace saga::e2e {

// A client of DTM's protocol over gRPC. Thread-safe.
class DtmClient {
 public:
  explicit DtmClient(const std::string& address);

  // A serial saga of `steps` steps at `participant`: "Action" and "Compensate".
  grpc::Status SubmitSaga(const std::string& gid, const Participant& participant, int steps,
                          bool wait_result);

  // What grpc.health.v1 says of the server as a whole: "SERVING", "NOT_SERVING", or the error's
  // text.
  std::string Health();

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
};

// The status of a transaction as GET /api/dtmsvr/query tells it; empty when it is unknown.
std::string StatusOf(const std::string& http_address, const std::string& gid);

}  // namespace saga::e2e
