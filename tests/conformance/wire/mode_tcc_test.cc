// TCC over HTTP and gRPC (protocol 5.4). The tries are the client's own and no business of the
// server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class Tcc : public ModeTest {
 protected:
  void Prepare(const Json& more = Json::object()) {
    ASSERT_TRUE(IsSuccess(Post("prepare", Body("tcc", more))));
  }

  void Register(const std::vector<std::string>& branch_ids) {
    for (const std::string& id : branch_ids)
      ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch(id))));
  }

  HttpAnswer RegisterAnswer(const std::string& id) { return Post("registerBranch", TccBranch(id)); }

  std::string NotPrepared() const {
    return absl::StrCat("no trans with gid: ", gid(), " status: prepared found FAILURE");
  }
};

TEST_F(Tcc, SubmitConfirmsTheLastRegisteredFirst) {
  Prepare();
  EXPECT_EQ(Status(), "prepared");
  EXPECT_EQ(Rows(), "");
  Register({"01", "02"});
  EXPECT_THAT(RowNames(), ElementsAre("01 cancel", "01 confirm", "02 cancel", "02 confirm"));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), ElementsAre("02 confirm", "01 confirm"));
}

TEST_F(Tcc, AbortCancelsTheLastRegisteredFirst) {
  Prepare();
  Register({"01", "02"});
  Answers("cancel-01", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("tcc", {{"rollback_reason", "no money FAILURE"}}))));
  ASSERT_TRUE(Called(2));
  EXPECT_EQ(Status(), "aborting");
  Answers("cancel-01", {{}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SPSP");
  EXPECT_EQ(Reason(), "no money FAILURE");
  EXPECT_THAT(Course(), ElementsAre("02 cancel", "01 cancel"));
}

TEST_F(Tcc, TheFirstBranchThatIsNotDoneStopsTheOthers) {
  Prepare();
  Register({"01", "02"});
  Answers("confirm-02", {Broken(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("02 confirm", "02 confirm", "01 confirm"));
}

TEST_F(Tcc, WithoutBranchesItHasSucceeded) {
  Prepare({{"wait_result", true}});
  EXPECT_TRUE(IsSuccess(Post("submit", Body("tcc", {{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
}

TEST_F(Tcc, ASubmitThatWasNeverPreparedSucceedsAtOnce) {
  EXPECT_TRUE(IsSuccess(Post("submit", Body("tcc", {{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "");
}

TEST_F(Tcc, ATimeoutCancelsAndTakesNoFurtherBranch) {
  Prepare({{"timeout_to_fail", 2}});
  Register({"01"});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SP");
  EXPECT_EQ(Reason(), "Timeout after 2 seconds");
  EXPECT_TRUE(IsFailure(RegisterAnswer("02"), NotPrepared()));
  EXPECT_TRUE(
      IsFailure(Post("submit", Body("tcc")), "current status 'failed', cannot sumbmit. FAILURE"));
  EXPECT_TRUE(IsFailure(Post("abort", Body("tcc")),
                        "trans type: 'tcc' current status 'failed', cannot abort. FAILURE"));
}

TEST_F(Tcc, ANestedBranchIsOneOfTheSameTransaction) {
  Prepare();
  Register({"01", "02", "0201"});
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPSPS");
  EXPECT_THAT(CallNames(), ElementsAre("0201 confirm", "02 confirm", "01 confirm"));
}

TEST_F(Tcc, EmptyTargetsSucceedWithoutACall) {
  Prepare();
  Json branch = TccBranch("01");
  branch["confirm"] = "";
  branch["cancel"] = "";
  ASSERT_TRUE(IsSuccess(Post("registerBranch", branch)));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc", {{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "PS");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

// What clients before the one route for all types call.
TEST_F(Tcc, OldNamesOfTheRouteAndOldKeysAreTaken) {
  Prepare();
  Json branch = TccBranch("01");
  branch["status"] = "prepared";
  branch["try"] = Url("try");
  ASSERT_TRUE(IsSuccess(Post("registerTccBranch", branch)));
  ASSERT_TRUE(IsSuccess(Post("submit", Json{{"gid", gid()}, {"trans_type", "tcc"}})));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PS");
}

// Participants of before DTM 1.10 answer 200 and say how it went in the body.
TEST_F(Tcc, OldParticipantsSayOngoingInTheBody) {
  Prepare();
  Register({"01"});
  const Reply ongoing = {.body = R"({"dtm_result":"ONGOING"})"};
  Answers("cancel-01", {ongoing, {}});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("01 cancel"), 2u);
}

TEST_F(Tcc, WaitResultOfAnAbortIsThePreparesWish) {
  Prepare({{"wait_result", true}});
  Register({"01"});
  Answers("cancel-01", {Ongoing()});
  const HttpAnswer answer = Post("abort", Body("tcc"));
  EXPECT_EQ(answer.status, 425) << answer.body;
  EXPECT_EQ(Status(), "aborting");
  Answers("cancel-01", {{}});
  ASSERT_TRUE(Ends("failed"));
}

TEST_F(Tcc, AbortWhileAbortingIsFine) {
  Prepare();
  Register({"01"});
  Answers("cancel-01", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  ASSERT_TRUE(Called(1));
  EXPECT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  Answers("cancel-01", {{}});
  ASSERT_TRUE(Ends("failed"));
}

// Branches of one transaction may be registered by many at once.
TEST_F(Tcc, BranchesMayBeRegisteredAtTheSameTime) {
  Prepare();
  std::vector<std::thread> threads;
  std::vector<int> statuses(8);
  for (size_t i = 0; i < statuses.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = RegisterAnswer(absl::StrCat("0", i + 1)).status; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(statuses, testing::Each(200));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc"))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPSPSPSPSPSPSPS");
  EXPECT_EQ(Calls().size(), 8u);
}

TEST_F(Tcc, OverGrpcItIsTheSame) {
  dtmgimp::DtmRequest request = GrpcBody("tcc");
  request.mutable_transoptions()->set_waitresult(true);
  ASSERT_EQ(Rpc("Prepare", request).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("01")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("02")).code, 0);
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), ElementsAre("02 confirm", "01 confirm"));
}

TEST_F(Tcc, OverGrpcAnAbortKeepsTheReason) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("tcc")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("01")).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("0101")).code, 0);
  Answers("cancel-0101", {GrpcReply(9)});
  dtmgimp::DtmRequest request = GrpcBody("tcc");
  request.set_rollbackreason("rpc error: code = Aborted desc = reason:");
  ASSERT_EQ(Rpc("Abort", request).code, 0);
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Status(), "aborting");
  Answers("cancel-0101", {{}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Reason(), "rpc error: code = Aborted desc = reason:");
  EXPECT_EQ(Rows(), "SPSP");
  EXPECT_THAT(Course(), ElementsAre("0101 cancel", "01 cancel"));
}

TEST_F(Tcc, OverGrpcAnOngoingConfirmIsToldAsSuch) {
  dtmgimp::DtmRequest request = GrpcBody("tcc");
  request.mutable_transoptions()->set_waitresult(true);
  ASSERT_EQ(Rpc("Prepare", request).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", GrpcTccBranch("01")).code, 0);
  Answers("confirm-01", {GrpcReply(9), {}});
  const GrpcAnswer answer = Rpc("Submit", request);
  EXPECT_EQ(answer.code, 9);
  EXPECT_EQ(answer.message, "ONGOING");
  ASSERT_TRUE(Ends("succeed"));
}

// A branch whose URL names no transport is registered all the same; it can only never be confirmed.
TEST_F(Tcc, ABranchThatNobodyCanCallIsRegistered) {
  ASSERT_EQ(Rpc("Prepare", GrpcBody("tcc")).code, 0);
  dtmgimp::DtmBranchRequest branch = GrpcTccBranch("01");
  (*branch.mutable_data())["confirm"] = "not_exists://abc";
  (*branch.mutable_data())["cancel"] = "not_exists://abc";
  const GrpcAnswer registered = Rpc("RegisterBranch", branch);
  if (registered.code == 0) {
    ASSERT_EQ(Rpc("Abort", GrpcBody("tcc")).code, 0);
    EXPECT_EQ(Status(), "aborting");
    EXPECT_EQ(Rows(), "PP");
  } else {
    EXPECT_EQ(Status(), "prepared");
  }
}

}  // namespace
}  // namespace saga::conformance
