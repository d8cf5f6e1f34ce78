// What a branch is sent over gRPC (protocol 3.4, 3.5), and transactions of both transports (3.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class GrpcCalls : public ModeTest {
 protected:
  // A saga of one step without compensation.
  dtmgimp::DtmRequest OneStep(const std::string& action, const std::string& payload) const {
    dtmgimp::DtmRequest request = GrpcBody("saga");
    request.set_steps(Json::array({{{"action", action}, {"compensate", ""}}}).dump());
    request.add_binpayloads(payload);
    return request;
  }
};

void ExpectMetadata(const Call& call, const std::string& gid, const std::string& trans_type,
                    const std::string& branch_id, const std::string& op) {
  EXPECT_EQ(call.headers.at("dtm-gid"), gid);
  EXPECT_EQ(call.headers.at("dtm-trans_type"), trans_type);
  EXPECT_EQ(call.headers.at("dtm-branch_id"), branch_id);
  EXPECT_EQ(call.headers.at("dtm-op"), op);
  ASSERT_EQ(call.headers.count("dtm-dtm"), 1u);
  EXPECT_EQ(call.headers.at("dtm-dtm"), "");
}

TEST_F(GrpcCalls, APayloadIsTheMessageAsItIs) {
  const std::string payload("\x00\xff\x0a\x80 not a message", 18);
  ASSERT_EQ(Rpc("Submit", OneStep(Target("a"), payload)).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].transport, "grpc");
  EXPECT_EQ(calls[0].path, absl::StrCat("/test.Participant/", gid(), "-a"));
  EXPECT_EQ(calls[0].body, payload);
  ExpectMetadata(calls[0], gid(), "saga", "01", "action");
}

TEST_F(GrpcCalls, WithoutPayloadTheMessageIsEmpty) {
  ASSERT_EQ(Rpc("Submit", OneStep(Target("a"), "")).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  ASSERT_EQ(Calls().size(), 1u);
  EXPECT_EQ(Calls()[0].body, "");
}

TEST_F(GrpcCalls, BranchHeadersAreMetadataOnTheFirstCallAndOnLaterOnes) {
  Answers("a", {GrpcReply(9), {}});
  dtmgimp::DtmRequest request = OneStep(Target("a"), kPayload);
  (*request.mutable_transoptions()->mutable_branchheaders())["Test_Header"] = "test";
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].headers.at("test_header"), "test");
  EXPECT_EQ(calls[1].headers.at("test_header"), "test");
  ExpectMetadata(calls[1], gid(), "saga", "01", "action");
}

TEST_F(GrpcCalls, WithoutBranchHeadersNoneArrive) {
  ASSERT_EQ(Rpc("Submit", OneStep(Target("a"), kPayload)).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Calls().at(0).headers.count("test_header"), 0u);
}

TEST_F(GrpcCalls, AnAnswerThatDoesNotComeInTimeIsNoAnswer) {
  Answers("a", {Hang(), {}});
  dtmgimp::DtmRequest request = OneStep(Target("a"), kPayload);
  request.mutable_transoptions()->set_requesttimeout(1);
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  ASSERT_EQ(Calls().size(), 2u);
  EXPECT_GE(Calls()[1].arrived - Calls()[0].arrived, absl::Seconds(1));
}

TEST_F(GrpcCalls, HttpStepsInAGrpcSagaGetTheBytes) {
  dtmgimp::DtmRequest request = GrpcSaga();
  request.set_steps(Json{{{"action", Target("out")}, {"compensate", Target("out-undo")}},
                         {{"action", Url("in")}, {"compensate", Url("in-undo")}}}
                        .dump());
  request.set_binpayloads(1, std::string("\x0a\x01x\x00", 4));
  Answers("in", {Failure("enough")});
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("failed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
  const std::vector<Call> calls = Calls();
  EXPECT_EQ(calls[0].transport, "grpc");
  EXPECT_EQ(calls[1].transport, "http");
  EXPECT_EQ(calls[1].method, "POST");
  EXPECT_EQ(calls[1].body, std::string("\x0a\x01x\x00", 4));
  EXPECT_EQ(calls[1].query, absl::StrCat("branch_id=02&gid=", gid(), "&op=action&trans_type=saga"));
  EXPECT_EQ(calls[2].transport, "http");
  EXPECT_EQ(calls[3].transport, "grpc");
  EXPECT_EQ(Reason(), absl::StrCat("url:", Url("in"), " return failed: enough FAILURE"));
}

TEST_F(GrpcCalls, ATccMayHaveBranchesOfBothTransports) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("tcc")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("01")).code, 0);
  ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch("02"))));
  ASSERT_EQ(Rpc("Submit", GrpcBody("tcc")).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].transport, "http");
  EXPECT_EQ(calls[0].body, kPayload);
  EXPECT_EQ(calls[1].transport, "grpc");
  EXPECT_EQ(calls[1].body, kPayload);
  ExpectMetadata(calls[1], gid(), "tcc", "01", "confirm");
}

TEST_F(GrpcCalls, AMessageIsAskedBackWithAnEmptyMessage) {
  ASSERT_EQ(Rpc("Prepare", GrpcMsg()).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].path, absl::StrCat("/test.Participant/", gid(), "-ask"));
  EXPECT_EQ(calls[0].body, "");
  ExpectMetadata(calls[0], gid(), "msg", "00", "msg");
  ExpectMetadata(calls[1], gid(), "msg", "01", "action");
  EXPECT_EQ(calls[1].body, kPayload);
}

TEST_F(GrpcCalls, TheSecondPhaseOfAnXaIsAnEmptyMessage) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("xa")).code, 0);
  dtmgimp::DtmBranchRequest branch;
  branch.set_gid(gid());
  branch.set_transtype("xa");
  branch.set_branchid("01");
  (*branch.mutable_data())["url"] = Target("xa");
  ASSERT_EQ(Rpc("RegisterBranch", branch).code, 0);
  ASSERT_EQ(Rpc("Submit", GrpcBody("xa")).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  ASSERT_EQ(Calls().size(), 1u);
  EXPECT_EQ(Calls()[0].body, "");
  ExpectMetadata(Calls()[0], gid(), "xa", "01", "commit");
}

TEST_F(GrpcCalls, ATargetOfARegistryNobodyKnowsIsNotCalled) {
  dtmgimp::DtmRequest request = OneStep("registry://service/pkg.Svc/Method", kPayload);
  request.mutable_transoptions()->set_waitresult(true);
  const GrpcAnswer answer = Rpc("Submit", request);
  EXPECT_NE(answer.code, 0);
  EXPECT_NE(Status(), "succeed");
}

}  // namespace
}  // namespace saga::conformance
