// Two-phase messages over HTTP and gRPC (protocol 5.5).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class Message : public ModeTest {};

TEST_F(Message, SubmitDelivers) {
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(RowNames(), ElementsAre("01 action", "02 action"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

TEST_F(Message, PrepareThenSubmitDelivers) {
  const Json body = Msg({{"timeout_to_fail", 60}});
  ASSERT_TRUE(IsSuccess(Post("prepare", body)));
  EXPECT_EQ(Status(), "prepared");
  EXPECT_EQ(Rows(), "PP");
  EXPECT_TRUE(IsSuccess(Post("prepare", body))) << "a second time";
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  EXPECT_TRUE(
      IsFailure(Post("prepare", body), "current status 'succeed', cannot prepare. FAILURE"));
}

TEST_F(Message, WaitResultAnswersWhenAllIsDelivered) {
  EXPECT_TRUE(IsSuccess(Post("submit", Msg({{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "SS");
}

TEST_F(Message, NobodySubmitsSoItIsAskedBackAndDelivered) {
  Answers("ask", {Ongoing()});
  Answers("second", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("prepare", Msg())));
  ASSERT_TRUE(Called(2));
  EXPECT_EQ(Status(), "prepared");
  Answers("ask", {{}});
  ASSERT_TRUE(WaitForStatus(gid(), "submitted"));
  Answers("second", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(Course(), ElementsAre("00 msg", "01 action", "02 action"));
  EXPECT_EQ(CountCalls("01 action"), 1u);
}

TEST_F(Message, NobodySubmitsSoItIsAskedBackAndDropped) {
  Answers("ask", {Ongoing(), Failure("rolled back")});
  ASSERT_TRUE(IsSuccess(Post("prepare", Msg())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "PP");
  EXPECT_EQ(Reason(), "");
  EXPECT_THAT(CallNames(), ElementsAre("00 msg", "00 msg"));
}

TEST_F(Message, ItIsNotAskedBackBeforeItsTime) {
  const absl::Time start = absl::Now();
  ASSERT_TRUE(IsSuccess(Post("prepare", Msg({{"timeout_to_fail", 3}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_GE(Calls().at(0).arrived - start, absl::Seconds(2));
}

TEST_F(Message, AbortDropsIt) {
  const Json body = Msg({{"timeout_to_fail", 60}});
  ASSERT_TRUE(IsSuccess(Post("prepare", body)));
  ASSERT_TRUE(IsSuccess(Post("abort", body)));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Rows(), "PP");
  EXPECT_EQ(Reason(), "");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

TEST_F(Message, AbortOfASubmittedOneIsRefused) {
  Answers("first", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  EXPECT_TRUE(IsFailure(Post("abort", Msg()),
                        "trans type: 'msg' current status 'submitted', cannot abort. FAILURE"));
}

TEST_F(Message, ARepeatedSubmitIsRefusedOnceItHasSucceeded) {
  ASSERT_TRUE(IsSuccess(Post("submit", Msg({{"wait_result", true}}))));
  EXPECT_TRUE(
      IsFailure(Post("submit", Msg()), "current status 'succeed', cannot sumbmit. FAILURE"));
}

TEST_F(Message, DeliveriesGoOneByOne) {
  Answers("first", {Broken(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "01 action", "02 action"));
}

TEST_F(Message, ConcurrentDeliveriesDoNotWaitForEachOther) {
  Answers("first", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Msg({{"concurrent", true}}))));
  ASSERT_TRUE(Called(3));
  EXPECT_EQ(CountCalls("02 action"), 1u);
  Answers("first", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_EQ(CountCalls("02 action"), 1u);
}

TEST_F(Message, DelayHoldsTheDeliveriesBack) {
  const absl::Time start = absl::Now();
  ASSERT_TRUE(IsSuccess(Post("submit", Msg({{"custom_data", R"({"delay":2})"}}))));
  EXPECT_EQ(Status(), "submitted");
  EXPECT_EQ(Rows(), "PP");
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  // Whole seconds: DTM's store keeps times no finer.
  EXPECT_GE(Calls().at(0).arrived - start, absl::Seconds(1));
}

TEST_F(Message, WhoWaitsForADelayedOneHearsThatItIsNotDone) {
  EXPECT_TRUE(IsFailure(
      Post("submit", Msg({{"custom_data", R"({"delay":60})"}, {"wait_result", true}})), kNotYet));
  EXPECT_EQ(Status(), "submitted");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

TEST_F(Message, DataOfAStepIsItsPayload) {
  Json body = Msg();
  body.erase("payloads");
  body["steps"][0]["data"] = "one";
  body["steps"][1]["data"] = "two";
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Calls().at(0).body, "one");
  EXPECT_EQ(Calls().at(1).body, "two");
}

TEST_F(Message, OverGrpcItIsTheSame) {
  Answers("first", {GrpcReply(9), {}});
  ASSERT_EQ(Rpc("Submit", GrpcMsg()).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "01 action", "02 action"));
}

TEST_F(Message, OverGrpcItIsAskedBackAndDelivered) {
  Answers("ask", {GrpcReply(9), {}});
  Answers("first", {GrpcReply(9)});
  ASSERT_EQ(Rpc("Prepare", GrpcMsg()).code, 0);
  ASSERT_TRUE(Called(3));
  EXPECT_EQ(Status(), "submitted");
  EXPECT_EQ(Rows(), "PP");
  Answers("first", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(Course(), ElementsAre("00 msg", "01 action", "02 action"));
  EXPECT_EQ(CountCalls("00 msg"), 2u);
}

TEST_F(Message, OverGrpcItIsAskedBackAndDropped) {
  Answers("ask", {GrpcReply(9), GrpcReply(10, "rolled back")});
  ASSERT_EQ(Rpc("Prepare", GrpcMsg()).code, 0);
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "PP");
  EXPECT_EQ(Calls().size(), 2u);
}

TEST_F(Message, OverGrpcItIsAborted) {
  dtmgimp::DtmRequest request = GrpcMsg();
  request.mutable_transoptions()->set_timeouttofail(60);
  ASSERT_EQ(Rpc("Prepare", request).code, 0);
  ASSERT_EQ(Rpc("Abort", request).code, 0);
  EXPECT_EQ(Status(), "failed");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

// An http:// action and check-back in a gRPC message.
TEST_F(Message, BothTransportsInOneMessage) {
  dtmgimp::DtmRequest request = GrpcMsg();
  request.set_steps(Json{{{"action", Url("first")}}, {{"action", Target("second")}}}.dump());
  request.set_queryprepared(Url("ask"));
  ASSERT_EQ(Rpc("Prepare", request).code, 0);
  ASSERT_TRUE(Ends("succeed"));
  std::vector<std::string> transports;
  for (const Call& call : Calls()) transports.push_back(call.transport);
  EXPECT_THAT(transports, ElementsAre("http", "http", "grpc"));
}

}  // namespace
}  // namespace saga::conformance
