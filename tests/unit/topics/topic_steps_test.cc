// Messages to topics: which steps become which branches.

#include "orchestrator/api/topic_steps.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/api/validate.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

DtmRequest Message(const std::vector<std::string>& actions) {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = "msg";
  for (const std::string& action : actions) {
    request.steps.push_back({.action = action});
    request.payloads.push_back(base::MakeBytes(absl::StrCat("p", request.steps.size())));
  }
  return request;
}

class TopicStepsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(topics_.Subscribe("one", "http://a/1", "").ok());
    ASSERT_TRUE(topics_.Subscribe("two", "http://b/1", "").ok());
    ASSERT_TRUE(topics_.Subscribe("two", "http://b/2", "").ok());
    ASSERT_TRUE(topics_.Subscribe("left", "http://c", "").ok());
    ASSERT_TRUE(topics_.Unsubscribe("left", "http://c").ok());
  }

  // "branch_id op target payload" of the rows, or what FillReceivers refuses with.
  std::vector<std::string> Rows(RequestKind kind, DtmRequest request) {
    EXPECT_TRUE(Validate(kind, request).ok());
    if (absl::Status filled = FillReceivers(topics_, request); !filled.ok())
      return {std::string(filled.message())};
    const auto draft = ToDraft(kind, std::move(request));
    EXPECT_TRUE(draft.ok()) << draft.status();
    std::vector<std::string> rows;
    for (const core::Branch& branch : draft->branches) {
      rows.push_back(absl::StrCat(branch.branch_id, " ", std::string(core::WordOf(branch.op)), " ",
                                  branch.target, " ", base::Value(branch.payload)));
    }
    return rows;
  }

  std::string Refusal(DtmRequest request) {
    const absl::Status filled = FillReceivers(topics_, request);
    EXPECT_TRUE(absl::IsInvalidArgument(filled)) << filled;
    return std::string(filled.message());
  }

  adapter::MemoryKv records_;
  adapter::SystemClock clock_;
  Topics topics_{records_, clock_};
};

TEST_F(TopicStepsTest, OneRowPerReceiver) {
  EXPECT_THAT(
      Rows(RequestKind::kSubmit, Message({"http://x", "topic://one", "topic://two", "http://y"})),
      ElementsAre("01 action http://x p1", "02 action http://a/1 p2", "03-01 action http://b/1 p3",
                  "03-02 action http://b/2 p3", "04 action http://y p4"));
}

TEST_F(TopicStepsTest, APreparedMessageHasThemToo) {
  DtmRequest request = Message({"topic://two"});
  request.query_prepared = "http://q";
  EXPECT_THAT(
      Rows(RequestKind::kPrepare, request),
      ElementsAre("01-01 action http://b/1 p1", "01-02 action http://b/2 p1", "00 msg http://q "));
}

TEST_F(TopicStepsTest, TheSameTopicTwice) {
  EXPECT_THAT(Rows(RequestKind::kSubmit, Message({"topic://one", "topic://one"})),
              ElementsAre("01 action http://a/1 p1", "02 action http://a/1 p2"));
}

TEST_F(TopicStepsTest, ManyReceiversCountOnBeyondTwoDigits) {
  for (int i = 1; i <= 100; ++i)
    ASSERT_TRUE(topics_.Subscribe("many", absl::StrCat("http://m/", i), "").ok());
  const std::vector<std::string> rows = Rows(RequestKind::kSubmit, Message({"topic://many"}));
  ASSERT_EQ(rows.size(), 100u);
  EXPECT_EQ(rows[8], "01-09 action http://m/9 p1");
  EXPECT_EQ(rows[99], "01-100 action http://m/100 p1");
}

TEST_F(TopicStepsTest, NobodyToReceiveIt) {
  for (const std::string action : {"topic://nobody", "topic://left", "topic://", "topic://One"})
    EXPECT_EQ(Refusal(Message({"http://x", action})), "topic not found") << action;
}

TEST_F(TopicStepsTest, NoMoreBranchesThanStepsAreAllowed) {
  std::vector<std::string> actions(core::kMaxSteps - 2, "http://x");
  actions.push_back("topic://two");
  EXPECT_EQ(Rows(RequestKind::kSubmit, Message(actions)).size(), core::kMaxSteps);
  actions.push_back("http://y");
  EXPECT_THAT(Refusal(Message(actions)), HasSubstr("limit.steps"));
  EXPECT_THAT(Refusal(Message(std::vector<std::string>(core::kMaxSteps, "topic://two"))),
              HasSubstr(absl::StrCat("more than ", core::kMaxSteps, " branches")));
}

TEST_F(TopicStepsTest, AGrpcReceiverNeedsAGrpcMessage) {
  ASSERT_TRUE(topics_.Subscribe("mixed", "http://a", "").ok());
  ASSERT_TRUE(topics_.Subscribe("mixed", "b:1/pkg.Svc/M", "").ok());
  DtmRequest request = Message({"topic://mixed"});
  EXPECT_THAT(Refusal(request), HasSubstr("a receiver of topic 'mixed' is 'b:1/pkg.Svc/M'"));
  request.protocol = "json-rpc";
  EXPECT_THAT(Refusal(request), HasSubstr("a receiver of topic 'mixed'"));
  request.protocol = "grpc";
  EXPECT_THAT(Rows(RequestKind::kSubmit, request),
              ElementsAre("01-01 action http://a p1", "01-02 action b:1/pkg.Svc/M p1"));
}

TEST_F(TopicStepsTest, OnlyMessagesNameTopics) {
  EXPECT_TRUE(NamesTopics(Message({"http://x", "topic://one"})));
  EXPECT_FALSE(NamesTopics(Message({"http://x", "http://topic://one"})));
  const auto refusal = [](DtmRequest request) {
    EXPECT_FALSE(NamesTopics(request));
    const absl::Status valid = Validate(RequestKind::kSubmit, request);
    EXPECT_TRUE(absl::IsInvalidArgument(valid)) << valid;
    return std::string(valid.message());
  };
  DtmRequest saga = Message({"topic://one"});
  saga.trans_type = "saga";
  EXPECT_THAT(refusal(saga), HasSubstr("the action of step 0 names a topic"));
  saga.steps[0] = {.action = "http://x", .compensate = "topic://one"};
  EXPECT_THAT(refusal(saga), HasSubstr("the compensate of step 0 names a topic"));
  DtmRequest message = Message({"http://x"});
  message.query_prepared = "topic://one";
  EXPECT_THAT(refusal(message), HasSubstr("query_prepared names a topic"));
  DtmRegistration registration;
  registration.gid = "order-1";
  registration.trans_type = "tcc";
  registration.branch_id = "01";
  registration.confirm = "topic://one";
  EXPECT_THAT(std::string(Validate(registration).message()), HasSubstr("confirm names a topic"));
}

}  // namespace
}  // namespace saga::api
