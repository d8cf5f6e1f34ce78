// Topics over gRPC, and messages to receivers of several kinds (protocol 1.4, 1.6 and 5.5).

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/grpc_door/door.h"
#include "tests/integration/grpc_door/raw_call.h"

namespace saga::integration {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GrpcDoorTopicsTest : public ::testing::Test {
 protected:
  using Method = grpc::Status (dtmgimp::Dtm::Stub::*)(grpc::ClientContext*,
                                                      const dtmgimp::DtmTopicRequest&,
                                                      google::protobuf::Empty*);

  // "ok", or "<code> <text>".
  std::string Call(Method method, const std::string& topic, const std::string& url) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    dtmgimp::DtmTopicRequest request;
    request.set_topic(topic);
    request.set_url(url);
    request.set_remark("a test");
    google::protobuf::Empty reply;
    const grpc::Status status = (door_.stub().*method)(&context, request, &reply);
    if (status.ok()) return "ok";
    return std::to_string(status.error_code()) + " " + status.error_message();
  }
  std::string Subscribe(const std::string& topic, const std::string& url) {
    return Call(&dtmgimp::Dtm::Stub::Subscribe, topic, url);
  }
  std::string Unsubscribe(const std::string& topic, const std::string& url) {
    return Call(&dtmgimp::Dtm::Stub::Unsubscribe, topic, url);
  }
  std::string Delete(const std::string& topic) {
    return Call(&dtmgimp::Dtm::Stub::DeleteTopic, topic, "");
  }

  static dtmgimp::DtmRequest Message(const std::string& gid, const std::string& steps) {
    dtmgimp::DtmRequest request = Request(gid, "msg", 1);
    request.set_steps(steps);
    return request;
  }

  Door door_;
};

TEST_F(GrpcDoorTopicsTest, SubscribeUnsubscribeDelete) {
  EXPECT_EQ(Subscribe("paid", "a:1/s.S/M"), "ok");
  EXPECT_EQ(Subscribe("paid", "a:1/s.S/M"), "2 this url exists");
  EXPECT_EQ(Subscribe("", "a:1/s.S/M"), "2 empty topic");
  EXPECT_EQ(Subscribe("paid", ""), "2 empty url");
  EXPECT_THAT(Subscribe("paid", "nacos://a/s.S/M"), HasSubstr("13 url begins with 'nacos://'"));
  EXPECT_EQ(Subscribe("paid", "http://a"), "ok");
  EXPECT_EQ(Unsubscribe("sent", "http://a"), "2 no such a topic");
  EXPECT_EQ(Unsubscribe("paid", "http://b"), "2 no such an url ");
  EXPECT_EQ(Unsubscribe("paid", "http://a"), "ok");
  EXPECT_EQ(Unsubscribe("paid", "a:1/s.S/M"), "ok");
  EXPECT_EQ(Unsubscribe("paid", "a:1/s.S/M"), "2 this topic is empty");
  EXPECT_EQ(Delete("paid"), "ok");
  EXPECT_EQ(Delete("paid"), "2 storage: NotFound");
  EXPECT_EQ(Delete(""), "2 storage: NotFound");
}

TEST_F(GrpcDoorTopicsTest, EveryAnswerIsTold) {
  Subscribe("paid", "http://a");
  Unsubscribe("paid", "http://b");
  Delete("paid");
  EXPECT_THAT(door_.told(), ElementsAre("Subscribe ok", "Unsubscribe fail", "DeleteTopic ok"));
}

TEST_F(GrpcDoorTopicsTest, BytesThatAreNoMessage) {
  for (const char* method : {"Subscribe", "Unsubscribe", "DeleteTopic"}) {
    std::string reply;
    const grpc::Status status =
        RawCall(door_.channel(), std::string("/dtmgimp.Dtm/") + method, "\xff\xff\xff", &reply);
    EXPECT_EQ(status.error_code(), StatusCode::INTERNAL) << method;
    EXPECT_THAT(status.error_message(), HasSubstr("dtmgimp.DtmTopicRequest")) << method;
  }
}

TEST_F(GrpcDoorTopicsTest, AMessageGoesToReceiversOfBothTransports) {
  ASSERT_EQ(Subscribe("paid", "a:1/s.S/M"), "ok");
  ASSERT_EQ(Subscribe("paid", "http://b/paid"), "ok");
  const grpc::Status status = door_.Submit(Message("g", R"([{"action":"topic://paid"}])"));
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action a:1/s.S/M", "action http://b/paid"));
  const auto calls = door_.caller().FullCalls();
  EXPECT_EQ(calls[0].branch_id, "01-01");
  EXPECT_EQ(calls[1].branch_id, "01-02");
  EXPECT_EQ(base::Value(calls[0].payload), "p1");
  EXPECT_EQ(base::Value(calls[1].payload), "p1");
}

TEST_F(GrpcDoorTopicsTest, AMessageToNobody) {
  for (const grpc::Status& status :
       {door_.Submit(Message("g", R"([{"action":"topic://paid"}])")),
        door_.Prepare(Message("g", R"([{"action":"topic://paid"}])"))}) {
    EXPECT_EQ(status.error_code(), StatusCode::INTERNAL);
    EXPECT_EQ(status.error_message(), "topic not found");
  }
}

}  // namespace
}  // namespace saga::integration
