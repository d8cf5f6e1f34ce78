// Lanes, what an operator sets for them, and the outbox.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/dead_letters/operator_stage.h"

namespace saga::integration {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stub = v1::Destinations::Stub;

class DestinationsTest : public ::testing::Test {
 protected:
  void ExpectRefused(const grpc::Status& status, StatusCode code, const std::string& text) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }
  grpc::Status Do(grpc::Status (Stub::*method)(grpc::ClientContext*, const v1::DestinationAct&,
                                               v1::Destination*),
                  const std::string& reason = "maintenance", const std::string& name = "p:1") {
    v1::DestinationAct act;
    act.set_destination(name);
    *act.mutable_actor() = OperatorStage::Actor(reason);
    return stage_.Call(method, act, &destination_);
  }
  grpc::Status Get(const std::string& name = "p:1") {
    v1::GetDestinationRequest request;
    request.set_destination(name);
    return stage_.Call(&Stub::GetDestination, request, &destination_);
  }
  std::vector<std::string> Names(const std::string& filter) {
    v1::ListDestinationsRequest request;
    request.set_filter(filter);
    v1::ListDestinationsReply reply;
    const grpc::Status status = stage_.Call(&Stub::ListDestinations, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> names;
    for (const v1::Destination& each : reply.destinations()) names.push_back(each.destination());
    return names;
  }

  OperatorStage stage_;
  v1::Destination destination_;
};

TEST_F(DestinationsTest, ALaneIsThereOnceItWasUsed) {
  ExpectRefused(Get(), StatusCode::NOT_FOUND, "nothing was ever called at 'p:1'");
  stage_.Submit("g");
  EXPECT_EQ(stage_.WaitForEnd("g"), "succeed");
  ASSERT_TRUE(Get().ok());
  EXPECT_EQ(destination_.breaker(), "closed");
  EXPECT_FALSE(destination_.paused());
  EXPECT_EQ(destination_.calls(), 2u);
  EXPECT_EQ(destination_.in_flight_limit(), core::kLaneInFlight);
  EXPECT_FALSE(destination_.limits_set());
}

TEST_F(DestinationsTest, APauseStopsCallsAndLosesNothing) {
  ASSERT_TRUE(Do(&Stub::PauseDestination).ok());
  EXPECT_TRUE(destination_.paused());
  EXPECT_EQ(destination_.paused_by(), "ann@desk test 1.0: maintenance");
  stage_.Submit("g");
  stage_.Restart();
  ASSERT_TRUE(Get().ok());
  EXPECT_TRUE(destination_.paused()) << "it survives a restart";
  EXPECT_THAT(Names("state=paused"), ElementsAre("p:1"));
  EXPECT_THAT(Names("state=closed"), IsEmpty());
  EXPECT_THAT(stage_.caller().Calls(), IsEmpty());
  ASSERT_TRUE(Do(&Stub::ResumeDestination).ok());
  EXPECT_FALSE(destination_.paused());
  EXPECT_EQ(destination_.paused_by(), "");
  EXPECT_EQ(stage_.WaitForEnd("g"), "succeed");
  EXPECT_THAT(Names("dest=p:1 and state=closed"), ElementsAre("p:1"));
}

TEST_F(DestinationsTest, LimitsAreKept) {
  v1::LimitDestinationRequest request;
  request.set_destination("p:1");
  request.set_in_flight_limit(3);
  request.set_rate_limit(2.5);
  ExpectRefused(stage_.Call(&Stub::LimitDestination, request, &destination_),
                StatusCode::INVALID_ARGUMENT, "actor.reason");
  *request.mutable_actor() = OperatorStage::Actor("slow disk");
  ASSERT_TRUE(stage_.Call(&Stub::LimitDestination, request, &destination_).ok());
  stage_.Restart();
  ASSERT_TRUE(Get().ok());
  EXPECT_EQ(destination_.in_flight_limit(), 3u);
  EXPECT_EQ(destination_.rate_limit(), 2.5);
  EXPECT_TRUE(destination_.limits_set());
  request.set_rate_limit(-1);
  ExpectRefused(stage_.Call(&Stub::LimitDestination, request, &destination_),
                StatusCode::INVALID_ARGUMENT, "rate_limit");
  request.set_rate_limit(0);
  request.set_in_flight_limit(0);
  ASSERT_TRUE(stage_.Call(&Stub::LimitDestination, request, &destination_).ok());
  EXPECT_EQ(destination_.in_flight_limit(), core::kLaneInFlight);
  EXPECT_FALSE(destination_.limits_set());
  stage_.Restart();
  ExpectRefused(Get(), StatusCode::NOT_FOUND, "nothing is set for it");
}

TEST_F(DestinationsTest, ActsNeedAReasonAndADestination) {
  ExpectRefused(Do(&Stub::PauseDestination, ""), StatusCode::INVALID_ARGUMENT,
                "actor.reason: say why");
  ExpectRefused(Do(&Stub::PauseDestination, "why not", ""), StatusCode::INVALID_ARGUMENT,
                "destination: it must be given");
  ExpectRefused(Do(&Stub::PauseDestination, "why not", "a\nb"), StatusCode::INVALID_ARGUMENT,
                "control character");
  v1::ListDestinationsRequest request;
  request.set_filter("mode=saga");
  v1::ListDestinationsReply reply;
  ExpectRefused(stage_.Call(&Stub::ListDestinations, request, &reply), StatusCode::INVALID_ARGUMENT,
                "mode");
  EXPECT_THAT(Names(""), IsEmpty());
}

TEST_F(DestinationsTest, TheOutboxShowsWhatWaits) {
  base::Message copy;
  copy.topic = "saga.dlq";
  copy.key = "g";
  copy.value = base::MakeBytes("12345");
  port::ParkedMessage parked;
  parked.message = copy;
  ASSERT_TRUE(stage_.store().outbox->Park(parked, copy).ok());
  v1::Outbox outbox;
  ASSERT_TRUE(stage_.Call(&Stub::GetOutbox, v1::GetOutboxRequest(), &outbox).ok());
  EXPECT_FALSE(outbox.kafka());
  EXPECT_FALSE(outbox.reachable());
  EXPECT_EQ(outbox.waiting(), 1u);
  ASSERT_EQ(outbox.messages_size(), 1);
  EXPECT_EQ(outbox.messages(0).topic(), "saga.dlq");
  EXPECT_EQ(outbox.messages(0).key(), "g");
  EXPECT_EQ(outbox.messages(0).size(), 5u);
  v1::GetOutboxRequest request;
  request.set_limit(5000);
  ExpectRefused(stage_.Call(&Stub::GetOutbox, request, &outbox), StatusCode::INVALID_ARGUMENT,
                "limit");
}

}  // namespace
}  // namespace saga::integration
