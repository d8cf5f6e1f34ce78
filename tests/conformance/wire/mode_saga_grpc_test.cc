// Sagas over gRPC (protocol 1.6, 5.3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class SagaGrpc : public ModeTest {
 protected:
  dtmgimp::DtmRequest Waiting() const {
    dtmgimp::DtmRequest request = GrpcSaga();
    request.mutable_transoptions()->set_waitresult(true);
    return request;
  }
};

TEST_F(SagaGrpc, AllActionsSucceed) {
  ASSERT_EQ(Rpc("Submit", GrpcSaga()).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

TEST_F(SagaGrpc, AFailedActionUndoesItselfAndWhatWasBefore) {
  Answers("in", {GrpcReply(10, "no money")});
  Answers("out-undo", {GrpcReply(9)});
  ASSERT_EQ(Rpc("Submit", GrpcSaga()).code, 0);
  ASSERT_TRUE(Called(4));
  EXPECT_EQ(Status(), "aborting");
  Answers("out-undo", {{}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_EQ(Reason(), absl::StrCat("url:", Target("in"), " return failed: no money FAILURE"));
  EXPECT_THAT(Course(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
}

TEST_F(SagaGrpc, ConcurrencyIsInTheCustomData) {
  Answers("out", {GrpcReply(9), {}});
  dtmgimp::DtmRequest request = GrpcSaga();
  request.set_customeddata(R"({"concurrent":true,"orders":null})");
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), UnorderedElementsAre("01 action", "01 action", "02 action"));
  EXPECT_EQ(CallNames().back(), "01 action");
}

TEST_F(SagaGrpc, OrdersAreInTheCustomData) {
  Answers("in", {GrpcReply(10, "no")});
  dtmgimp::DtmRequest request = GrpcSaga();
  request.set_customeddata(R"({"concurrent":true,"orders":{"1":[0]}})");
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("failed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
}

TEST_F(SagaGrpc, AnOngoingActionIsAskedAgain) {
  Answers("in", {GrpcReply(9)});
  ASSERT_EQ(Rpc("Submit", GrpcSaga()).code, 0);
  ASSERT_TRUE(Called(3));
  EXPECT_EQ(Status(), "submitted");
  Answers("in", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(Course(), ElementsAre("01 action", "02 action"));
}

TEST_F(SagaGrpc, WaitResultAnswersWhenItHasSucceeded) {
  EXPECT_EQ(Rpc("Submit", Waiting()).code, 0);
  EXPECT_EQ(Status(), "succeed");
}

TEST_F(SagaGrpc, WaitResultTellsThatItIsNotDone) {
  Answers("out", {GrpcReply(9), {}});
  const GrpcAnswer answer = Rpc("Submit", Waiting());
  EXPECT_EQ(answer.code, 10);
  EXPECT_EQ(answer.message, kNotYet);
  ASSERT_TRUE(Ends("succeed"));
}

TEST_F(SagaGrpc, WaitResultTellsWhyItWasUndone) {
  Answers("in", {GrpcReply(10, "no money")});
  const GrpcAnswer answer = Rpc("Submit", Waiting());
  EXPECT_EQ(answer.code, 10);
  EXPECT_EQ(answer.message, absl::StrCat("url:", Target("in"), " return failed: no money FAILURE"));
  EXPECT_EQ(Status(), "failed");
}

TEST_F(SagaGrpc, EmptyTargetsSucceedWithoutACall) {
  dtmgimp::DtmRequest request = Waiting();
  request.set_steps(R"([{"action":"","compensate":""},{"action":""}])");
  EXPECT_EQ(Rpc("Submit", request).code, 0);
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

TEST_F(SagaGrpc, ALongRequestTimeoutAndEmptyPayloadsAreFine) {
  dtmgimp::DtmRequest request = Waiting();
  request.mutable_transoptions()->set_requesttimeout(6);
  request.set_binpayloads(0, "");
  request.set_binpayloads(1, "");
  EXPECT_EQ(Rpc("Submit", request).code, 0);
  EXPECT_EQ(Rows(), "PSPS");
}

TEST_F(SagaGrpc, RetryLimitUndoesWhenItIsUsedUp) {
  Answers("in", {GrpcReply(13, "broken")});
  dtmgimp::DtmRequest request = Waiting();
  request.mutable_transoptions()->set_retrylimit(1);
  const GrpcAnswer answer = Rpc("Submit", request);
  EXPECT_EQ(answer.code, 10);
  EXPECT_EQ(answer.message, "RetryCount is greater than RetryLimit, RetryLimit: 1 FAILURE");
  EXPECT_EQ(Rows(), "SSSP");
}

TEST_F(SagaGrpc, ATimeoutUndoesWhatMayHaveBeenDone) {
  Answers("out", {GrpcReply(9)});
  dtmgimp::DtmRequest request = GrpcSaga();
  request.mutable_transoptions()->set_timeouttofail(2);
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Reason(), "Timeout after 2 seconds");
  EXPECT_EQ(Rows(), "SPPP");
}

TEST_F(SagaGrpc, ASecondSubmitIsFineUntilItHasEnded) {
  Answers("out", {GrpcReply(9)});
  ASSERT_EQ(Rpc("Submit", GrpcSaga()).code, 0);
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Rpc("Submit", GrpcSaga()).code, 0);
  Answers("out", {{}});
  ASSERT_TRUE(Ends("succeed"));
  const GrpcAnswer answer = Rpc("Submit", GrpcSaga());
  EXPECT_EQ(answer.code, 10);
  EXPECT_EQ(answer.message, "current status 'succeed', cannot sumbmit. FAILURE");
}

}  // namespace
}  // namespace saga::conformance
