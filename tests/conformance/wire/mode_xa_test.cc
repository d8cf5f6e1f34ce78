// XA over HTTP and gRPC (protocol 5.6), the local transactions left out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class Xa : public ModeTest {
 protected:
  Json Branch(const std::string& branch_id) const {
    return {{"gid", gid()},
            {"trans_type", "xa"},
            {"branch_id", branch_id},
            {"url", Url("xa-" + branch_id)}};
  }

  dtmgimp::DtmBranchRequest GrpcBranch(const std::string& branch_id) const {
    dtmgimp::DtmBranchRequest branch;
    branch.set_gid(gid());
    branch.set_transtype("xa");
    branch.set_branchid(branch_id);
    (*branch.mutable_data())["url"] = Target("xa-" + branch_id);
    return branch;
  }

  void Prepare(const std::vector<std::string>& branch_ids, const Json& more = Json::object()) {
    ASSERT_TRUE(IsSuccess(Post("prepare", Body("xa", more))));
    for (const std::string& id : branch_ids)
      ASSERT_TRUE(IsSuccess(Post("registerBranch", Branch(id))));
  }
};

TEST_F(Xa, SubmitCommitsTheFirstRegisteredFirst) {
  Prepare({"01", "02"});
  EXPECT_THAT(RowNames(), ElementsAre("01 rollback", "01 commit", "02 rollback", "02 commit"));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("xa"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), ElementsAre("01 commit", "02 commit"));
}

TEST_F(Xa, AbortRollsBackWhatIsRegistered) {
  Prepare({"01", "02"});
  Answers("xa-01", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("xa", {{"rollback_reason", "no"}}))));
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Status(), "aborting");
  Answers("xa-01", {{}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SPSP");
  EXPECT_EQ(Reason(), "no");
  EXPECT_THAT(Course(), ElementsAre("01 rollback", "02 rollback"));
}

TEST_F(Xa, AbortWithoutBranchesHasFailed) {
  Prepare({});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("xa"))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "");
}

TEST_F(Xa, ATimeoutRollsBack) {
  Prepare({"01"}, {{"timeout_to_fail", 2}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SP");
  EXPECT_EQ(Reason(), "Timeout after 2 seconds");
  EXPECT_TRUE(
      IsFailure(Post("registerBranch", Branch("02")),
                absl::StrCat("no trans with gid: ", gid(), " status: prepared found FAILURE")));
  EXPECT_TRUE(
      IsFailure(Post("submit", Body("xa")), "current status 'failed', cannot sumbmit. FAILURE"));
}

TEST_F(Xa, ATimeoutWithoutBranchesHasFailed) {
  Prepare({}, {{"timeout_to_fail", 2}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Reason(), "Timeout after 2 seconds");
  EXPECT_EQ(Rows(), "");
}

TEST_F(Xa, AnOngoingCommitIsAskedAgain) {
  Prepare({"01"});
  Answers("xa-01", {{.body = R"({"dtm_result":"ONGOING"})"}});
  ASSERT_TRUE(IsSuccess(Post("submit", Body("xa"))));
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Status(), "submitted");
  Answers("xa-01", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PS");
  EXPECT_GE(CountCalls("01 commit"), 2u);
}

TEST_F(Xa, WaitResultTellsOfAnOngoingCommit) {
  const Json wait = {{"wait_result", true}};
  Prepare({"01"}, wait);
  Answers("xa-01", {Ongoing(), {}});
  const HttpAnswer answer = Post("submit", Body("xa", wait));
  EXPECT_EQ(answer.status, 425);
  EXPECT_EQ(answer.json(), (Json{{"dtm_result", "ONGOING"}, {"message", "ONGOING"}}));
  ASSERT_TRUE(Ends("succeed"));
}

TEST_F(Xa, WaitResultAnswersWhenAllIsCommitted) {
  const Json wait = {{"wait_result", true}};
  Prepare({"01", "02"}, wait);
  EXPECT_TRUE(IsSuccess(Post("submit", Body("xa", wait))));
  EXPECT_EQ(Status(), "succeed");
}

TEST_F(Xa, TheOldNameOfTheRouteIsTaken) {
  Prepare({});
  ASSERT_TRUE(IsSuccess(Post("registerXaBranch", Branch("01"))));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("xa"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PS");
}

// A participant whose store was gone for a while.
TEST_F(Xa, ARollbackThatBreaksIsRepeated) {
  Prepare({"01"});
  Answers("xa-01", {Broken(), {}});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("xa"))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SP");
  EXPECT_EQ(CountCalls("01 rollback"), 2u);
}

TEST_F(Xa, AGidWithQuotesAndBlanksIsTaken) {
  const std::string odd = gid() + "-'  '";
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("xa", {{"gid", odd}}))));
  ASSERT_TRUE(IsSuccess(Post("abort", Body("xa", {{"gid", odd}}))));
  EXPECT_TRUE(EndsAs(odd, "failed"));
}

TEST_F(Xa, OverGrpcItIsTheSame) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("xa")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcBranch("01")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcBranch("02")).code, 0);
  Answers("xa-01", {GrpcReply(9), {}});
  ASSERT_EQ(Rpc("Submit", GrpcBody("xa")).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), ElementsAre("01 commit", "01 commit", "02 commit"));
}

TEST_F(Xa, OverGrpcAnAbortRollsBack) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("xa")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcBranch("01")).code, 0);
  ASSERT_EQ(Rpc("Abort", GrpcBody("xa")).code, 0);
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SP");
  EXPECT_THAT(CallNames(), ElementsAre("01 rollback"));
}

TEST_F(Xa, BranchesOfBothTransports) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("xa")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcBranch("01")).code, 0);
  ASSERT_TRUE(IsSuccess(Post("registerBranch", Branch("02"))));
  ASSERT_EQ(Rpc("Submit", GrpcBody("xa")).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Calls().at(0).transport, "grpc");
  EXPECT_EQ(Calls().at(1).transport, "http");
  EXPECT_EQ(Calls().at(1).method, "POST");
}

}  // namespace
}  // namespace saga::conformance
