#include "participants/sdk/command_desk.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/reply.h"

namespace saga::participants::sdk {
namespace {

using envelope::Command;
using envelope::DeadLetter;
using envelope::Reply;
using google::protobuf::StringValue;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr base::Time kNow = base::Time{1'700'000'000'000'000};

Command ACommand() {
  StringValue payload;
  payload.set_value("two pieces");
  return {.gid = "g-1",
          .mode = "saga",
          .branch_id = "02",
          .op = "action",
          .attempt = 4,
          .protocol = "grpc",
          .method = "shop.v1.Shop/Deduct",
          .deadline = kNow + base::Seconds(10),
          .reply_topic = "replies",
          .headers = {{"x-tenant", "shop"}},
          .trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .payload = base::MakeBytes(payload.SerializeAsString())};
}

ReceivedMessage Received(base::Message message) {
  return {.message = std::move(message), .partition = 3, .offset = 77, .time = kNow};
}

class CommandDeskTest : public ::testing::Test {
 protected:
  CommandDeskTest() {
    routes_.Add<StringValue>("/shop.v1.Shop/Deduct",
                             [this](const BranchContext& branch, const StringValue& payload) {
                               ++calls_;
                               branch_ = branch;
                               payload_ = payload.value();
                               return outcome_;
                             });
    routes_.Add("shop.v1.Shop/Raw", [this](const BranchRequest& request) {
      headers_ = request.headers;
      if (request.payload == "throw") throw std::runtime_error("no such luck");
      return Outcome::Done();
    });
  }

  CommandAnswer Answer(const base::Message& message) {
    return CommandDesk(
               routes_,
               {.participant = "product", .group = "product-group", .dead_letter_topic = "parked"})
        .Answer(Received(message), kNow);
  }
  CommandAnswer Answer(const Command& command) {
    return Answer(envelope::Encode(command, "saga.cmd.product"));
  }
  Reply OnlyReply(const CommandAnswer& answer) {
    EXPECT_THAT(answer.messages, SizeIs(1));
    const absl::StatusOr<Reply> reply = envelope::DecodeReply(answer.messages.at(0));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or(Reply{});
  }

  CommandRoutes routes_;
  Outcome outcome_ = Outcome::Done();
  int calls_ = 0;
  BranchContext branch_;
  std::string payload_;
  std::map<std::string, std::string> headers_;
};

TEST_F(CommandDeskTest, RunsTheMethodAndRepliesWithItsOutcome) {
  const CommandAnswer answer = Answer(ACommand());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(branch_.gid, "g-1");
  EXPECT_EQ(branch_.branch_id, "02");
  EXPECT_EQ(branch_.mode, Mode::kSaga);
  EXPECT_EQ(branch_.op, Op::kAction);
  EXPECT_EQ(payload_, "two pieces");
  EXPECT_EQ(OnlyReply(answer), (Reply{.gid = "g-1",
                                      .branch_id = "02",
                                      .op = "action",
                                      .attempt = 4,
                                      .outcome = "success",
                                      .hopeless = "",
                                      .text = "",
                                      .trace_parent = ACommand().trace_parent}));
  EXPECT_EQ(answer.messages.at(0).topic, "replies");
  EXPECT_EQ(answer.messages.at(0).key, "g-1");
  EXPECT_EQ(answer.wanted_until, ACommand().deadline);
}

TEST_F(CommandDeskTest, EveryOutcomeHasItsWord) {
  const std::vector<std::pair<Outcome, std::string>> words = {
      {Outcome::Done(), "success"},
      {Outcome::FailedForGood("out of stock"), "failure"},
      {Outcome::TryLater("counting"), "ongoing"},
      {Outcome::Unknown("disk"), "unknown"}};
  for (const auto& [outcome, word] : words) {
    outcome_ = outcome;
    const Reply reply = OnlyReply(Answer(ACommand()));
    EXPECT_EQ(reply.outcome, word);
    EXPECT_EQ(reply.text, outcome.reason());
    EXPECT_EQ(reply.hopeless, "");
  }
}

TEST_F(CommandDeskTest, AnHttpCommandHasAJsonPayloadAndAPath) {
  Command command = ACommand();
  command.protocol = "http";
  command.method = "/shop.v1.Shop/Deduct?tenant=1";
  command.payload = base::MakeBytes("\"three\"");
  EXPECT_EQ(OnlyReply(Answer(command)).outcome, "success");
  EXPECT_EQ(payload_, "three");
}

TEST_F(CommandDeskTest, AMethodMayReadHeadersAndAnExceptionIsUnknown) {
  Command command = ACommand();
  command.method = "shop.v1.Shop/Raw";
  EXPECT_EQ(OnlyReply(Answer(command)).outcome, "success");
  EXPECT_EQ(headers_, command.headers);
  command.payload = base::MakeBytes("throw");
  const Reply reply = OnlyReply(Answer(command));
  EXPECT_EQ(reply.outcome, "unknown");
  EXPECT_EQ(reply.text, "no such luck");
  EXPECT_EQ(reply.hopeless, "") << "it may do better next time";
}

TEST_F(CommandDeskTest, APayloadThatIsNoneIsRefusedForGoodAndItsUndoRuns) {
  Command command = ACommand();
  command.payload = base::MakeBytes("\xff\xff\xff");
  Reply reply = OnlyReply(Answer(command));
  EXPECT_EQ(reply.outcome, "failure");
  EXPECT_THAT(reply.text, HasSubstr("google.protobuf.StringValue"));
  EXPECT_EQ(calls_, 0);
  command.op = "compensate";
  EXPECT_EQ(OnlyReply(Answer(command)).outcome, "success");
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(payload_, "");
}

TEST_F(CommandDeskTest, ALateCommandDoesNothing) {
  Command command = ACommand();
  command.deadline = kNow - base::Millis(1);
  EXPECT_THAT(Answer(command).messages, IsEmpty());
  EXPECT_EQ(calls_, 0);
  command.deadline = kNow;
  EXPECT_THAT(Answer(command).messages, SizeIs(1));
  EXPECT_EQ(calls_, 1);
}

TEST_F(CommandDeskTest, AnUnknownMethodIsHopeless) {
  Command command = ACommand();
  command.method = "shop.v1.Shop/Steal";
  const Reply reply = OnlyReply(Answer(command));
  EXPECT_EQ(reply.outcome, "unknown");
  EXPECT_EQ(reply.hopeless, "unknown_method");
  EXPECT_THAT(reply.text, HasSubstr("product has no branch method 'shop.v1.Shop/Steal'"));
}

TEST_F(CommandDeskTest, ABranchOfAModeThatItDoesNotKnowIsHopeless) {
  Command command = ACommand();
  command.mode = "xa";
  const Reply reply = OnlyReply(Answer(command));
  EXPECT_EQ(reply.outcome, "unknown");
  EXPECT_EQ(reply.hopeless, "contract");
  EXPECT_THAT(reply.text, HasSubstr("command's trans_type is 'xa'"));
  EXPECT_EQ(calls_, 0);
}

TEST_F(CommandDeskTest, ANewerSchemaIsParkedAndTheBranchIsTold) {
  base::Message message = envelope::Encode(ACommand(), "saga.cmd.product");
  for (auto& [name, value] : message.headers) {
    if (name == envelope::kSchema) value = "99";
  }
  const CommandAnswer answer = Answer(message);
  EXPECT_EQ(calls_, 0);
  ASSERT_THAT(answer.messages, SizeIs(2));
  EXPECT_EQ(answer.wanted_until, base::kNever);

  EXPECT_EQ(answer.messages[0].topic, "parked");
  const absl::StatusOr<DeadLetter> letter = envelope::DecodeDeadLetter(answer.messages[0]);
  ASSERT_TRUE(letter.ok()) << letter.status();
  EXPECT_EQ(letter->gid, "");
  EXPECT_EQ(letter->reason, "undecodable");
  EXPECT_THAT(letter->error, HasSubstr("99"));
  EXPECT_EQ(letter->destination, "product");
  EXPECT_EQ(letter->original_topic, "saga.cmd.product");
  EXPECT_EQ(letter->original_partition, 3);
  EXPECT_EQ(letter->original_offset, 77);
  EXPECT_EQ(letter->original_key, "g-1");
  EXPECT_EQ(letter->consumer_group, "product-group");
  EXPECT_EQ(base::Value(letter->payload), base::Value(message.value));

  EXPECT_EQ(answer.messages[1].topic, "replies");
  const absl::StatusOr<Reply> reply = envelope::DecodeReply(answer.messages[1]);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->gid, "g-1");
  EXPECT_EQ(reply->branch_id, "02");
  EXPECT_EQ(reply->op, "action");
  EXPECT_EQ(reply->attempt, 4u);
  EXPECT_EQ(reply->outcome, "unknown");
  EXPECT_EQ(reply->hopeless, "undecodable");
  EXPECT_EQ(reply->text, letter->error);
}

TEST_F(CommandDeskTest, WhatTellsNoBranchIsOnlyParked) {
  const CommandAnswer answer = Answer(base::Message{
      .topic = "saga.cmd.product", .key = "k", .headers = {}, .value = base::MakeBytes("hello")});
  ASSERT_THAT(answer.messages, SizeIs(1));
  const absl::StatusOr<DeadLetter> letter = envelope::DecodeDeadLetter(answer.messages[0]);
  ASSERT_TRUE(letter.ok()) << letter.status();
  EXPECT_EQ(base::Value(letter->payload), "hello");
  EXPECT_EQ(letter->original_key, "k");
}

}  // namespace
}  // namespace saga::participants::sdk
