// Messages to topics (protocol 2.3, 3.5, 5.5).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class TopicFanOut : public ModeTest {
 protected:
  std::string Topic() const { return "topic-of-" + gid(); }

  void Subscribe(const std::string& url) {
    ASSERT_TRUE(IsSuccess(Get(absl::StrCat("subscribe?topic=", UrlEncode(Topic()),
                                           "&url=", UrlEncode(url), "&remark=r"))));
  }

  // DTM reads its topics every second: a message to one that is new to it is refused.
  HttpAnswer SubmitUntilKnown(const Json& body) {
    HttpAnswer answer;
    fixture::WaitUntil(absl::Seconds(20), [&] {
      answer = Post("submit", body);
      return answer.body.find("topic not found") == std::string::npos;
    });
    return answer;
  }

  Json ToTopic() const {
    return Msg({{"steps", {{{"action", "topic://" + Topic()}}, {{"action", Url("direct")}}}}});
  }
};

TEST_F(TopicFanOut, EachSubscriberIsABranchOfItsOwn) {
  Subscribe(Url("one"));
  Subscribe(Url("two"));
  // Both at once: DTM may know a topic with one of its subscribers only.
  fixture::WaitUntil(absl::Seconds(20), [&] {
    const std::string probe = AnotherGid();
    Post("prepare", Msg({{"gid", probe},
                         {"timeout_to_fail", 600},
                         {"steps", Json::array({{{"action", "topic://" + Topic()}}})},
                         {"payloads", {kPayload}}}));
    return RowsOf(probe) == "PP";
  });
  ASSERT_TRUE(IsSuccess(SubmitUntilKnown(ToTopic())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(RowNames(), ElementsAre("01-01 action", "01-02 action", "02 action"));
  EXPECT_THAT(CallNames(), ElementsAre("01-01 action", "01-02 action", "02 action"));
  const std::vector<Call> calls = Calls();
  EXPECT_EQ(calls[0].path, absl::StrCat("/", gid(), "/one"));
  EXPECT_EQ(calls[1].path, absl::StrCat("/", gid(), "/two"));
  EXPECT_EQ(calls[1].body, kPayload);
  EXPECT_EQ(calls[1].query,
            absl::StrCat("branch_id=01-02&gid=", gid(), "&op=action&trans_type=msg"));
}

TEST_F(TopicFanOut, ASingleSubscriberHasThePlainId) {
  Subscribe(Url("one"));
  ASSERT_TRUE(IsSuccess(SubmitUntilKnown(ToTopic())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

TEST_F(TopicFanOut, OverGrpcSubscribersAreGrpcTargets) {
  dtmgimp::DtmTopicRequest topic;
  topic.set_topic(Topic());
  topic.set_url(Target("one"));
  ASSERT_EQ(Rpc("Subscribe", topic).code, 0);
  dtmgimp::DtmRequest request = GrpcMsg();
  request.set_steps(
      Json{{{"action", "topic://" + Topic()}}, {{"action", Target("direct")}}}.dump());
  GrpcAnswer answer;
  fixture::WaitUntil(absl::Seconds(20), [&] {
    answer = Rpc("Submit", request);
    return answer.code == 0;
  });
  ASSERT_EQ(answer.code, 0) << answer.message;
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  EXPECT_EQ(Calls()[0].transport, "grpc");
}

TEST_F(TopicFanOut, AnUnknownTopicRefusesTheMessage) {
  const HttpAnswer answer = Post("submit", ToTopic());
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.json().value("message", ""), testing::HasSubstr("topic not found"));
  EXPECT_EQ(Status(), "");
  const dtmgimp::DtmRequest request = [&] {
    dtmgimp::DtmRequest grpc = GrpcMsg();
    grpc.set_steps(Json::array({{{"action", "topic://" + Topic()}}}).dump());
    return grpc;
  }();
  const GrpcAnswer refused = Rpc("Submit", request);
  EXPECT_EQ(refused.code, 13);
  EXPECT_THAT(refused.message, testing::HasSubstr("topic not found"));
}

}  // namespace
}  // namespace saga::conformance
