#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "dtmgimp/dtm.pb.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/stage/grpc.h"
#include "tests/conformance/stage/stage_test.h"

namespace saga::conformance {

// What a participant of this age answers.
Reply Ongoing();
Reply Failure(const std::string& text = "no");
Reply Broken(const std::string& text = "broken");  // an outcome nobody knows
Reply GrpcReply(int code, const std::string& message = "");
Reply Hang();

// The payload of the steps below.
inline constexpr char kPayload[] = R"({"amount":30})";

// One transaction a test, and what is said about it in short. A retry comes after a fifth of a
// second on sagad and after up to three on DTM, which knows no parts of a second.
class ModeTest : public StageTest {
 public:
  static void SetUpTestSuite();

 protected:
  using Json = nlohmann::json;

  void SetUp() override;
  // Ends what is still open, so that its retries do not get in the way of other tests.
  void TearDown() override;

  const std::string& gid() const { return gid_; }
  // A further transaction of this test; ended like the first one.
  std::string AnotherGid();

  // Addresses of this test's own participant.
  std::string Url(const std::string& name) const;     // http
  std::string Target(const std::string& name) const;  // gRPC
  // How Url(name) and Target(name) answer.
  void Answers(const std::string& name, std::vector<Reply> replies);

  // Bodies of requests for gid(). `more` replaces and adds.
  Json Body(const std::string& trans_type, const Json& more = Json::object()) const;
  // Of two steps, out and in, undone by out-undo and in-undo.
  Json Saga(const Json& more = Json::object()) const;
  // To two receivers, first and second; asked back at "ask" after a second.
  Json Msg(const Json& more = Json::object()) const;
  // The flat body that adds a branch to a TCC: confirmed at confirm-<id>, cancelled at cancel-<id>.
  Json TccBranch(const std::string& branch_id) const;
  dtmgimp::DtmRequest GrpcBody(const std::string& trans_type) const;
  dtmgimp::DtmRequest GrpcSaga() const;
  dtmgimp::DtmRequest GrpcMsg() const;
  dtmgimp::DtmBranchRequest GrpcTccBranch(const std::string& branch_id) const;

  static GrpcAnswer Rpc(const std::string& name, const google::protobuf::MessageLite& request);

  // Statuses in the order of the rows, by their first letters: "PSPF".
  std::string Rows() const { return RowsOf(gid_); }
  static std::string RowsOf(const std::string& gid);
  // "01 compensate", "01 action", ...
  std::vector<std::string> RowNames() const;
  std::string Status() const { return StatusOf(gid_); }
  std::string Reason() const;
  testing::AssertionResult Ends(const std::string& status) const;
  static testing::AssertionResult EndsAs(const std::string& gid, const std::string& status);

  // Waits for as many calls of gid() as said.
  testing::AssertionResult Called(size_t count) const;
  std::vector<Call> Calls() const { return recorder().CallsOf(gid_); }
  // Their branches in the order of arrival: "01 action".
  std::vector<std::string> CallNames() const;
  // The same with each repetition of a call told once.
  std::vector<std::string> Course() const;
  size_t CountCalls(const std::string& name) const;  // "01 action"

 private:
  static bool fast_;

  std::string gid_;
  std::vector<std::string> gids_;
};

// 200 and dtm_result SUCCESS, as every client wants it.
testing::AssertionResult IsSuccess(const HttpAnswer& answer);
// 409 with dtm_result FAILURE and this text.
testing::AssertionResult IsFailure(const HttpAnswer& answer, const std::string& message);
// What there is to say to a client whose transaction has not succeeded yet.
inline constexpr char kNotYet[] = "wait result not return success: FAILURE";
// The beginning of what is said about a TCC, XA or message whose branch failed.
extern const char* const kUnknownResult;

}  // namespace saga::conformance
