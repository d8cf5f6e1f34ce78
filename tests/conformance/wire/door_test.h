#pragma once

#include <string>

#include "dtmgimp/dtm.pb.h"
#include "tests/conformance/stage/grpc.h"
#include "tests/conformance/stage/stage_test.h"
#include "tests/conformance/wire/answers.h"

namespace saga::conformance {

// The participant's answers: over HTTP /ok, /fail (409), /ongoing (425), /error (500); over gRPC
// Ok, Fail (ABORTED), Ongoing (FAILED_PRECONDITION), Error (UNKNOWN).
class DoorTest : public StageTest {
 public:
  static void SetUpTestSuite();

 protected:
  static std::string Url(const std::string& path) { return recorder().HttpUrl(path); }

  // Bodies of submit and prepare, with one step.
  static nlohmann::json Saga(const std::string& gid, const std::string& action,
                             const std::string& compensate = "/ok");
  static nlohmann::json Message(const std::string& gid, const std::string& action);
  static nlohmann::json Bare(const std::string& mode, const std::string& gid);
  // A body of registerBranch whose two ops lead to `path`, whatever they are called in the mode.
  static nlohmann::json Branch(const std::string& mode, const std::string& gid,
                               const std::string& branch_id, const std::string& path);

  // Opens a transaction of the mode, brings it into the status with the means of the protocol, and
  // returns its gid. It stays there for ten seconds.
  static std::string Open(const std::string& mode, const std::string& status);

  static GrpcAnswer Rpc(const std::string& name, const google::protobuf::MessageLite& request);
  static dtmgimp::DtmRequest Request(const std::string& mode, const std::string& gid);

 private:
  // Everything before the client's decision, so that the decision leads to `status`; and the
  // decision.
  static void Announce(const std::string& mode, const std::string& gid, const std::string& status);
  static void Decide(const std::string& mode, const std::string& gid, const std::string& status);
};

// Of which modes and statuses Open knows to make one.
bool IsReachable(const std::string& mode, const std::string& status);

}  // namespace saga::conformance
