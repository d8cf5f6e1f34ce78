// What an operator sees of dead letters and does to a single one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/dead_letters/operator_stage.h"

namespace saga::integration {
namespace {

using core::Outcome;
using grpc::StatusCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = v1::DeadLetters::Stub;

class DeadLettersTest : public ::testing::Test {
 protected:
  void ExpectRefused(const grpc::Status& status, StatusCode code, const std::string& text) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }
  v1::ListDeadLettersReply List(const std::string& filter, uint32_t limit = 0,
                                const std::string& position = "") {
    v1::ListDeadLettersRequest request;
    request.set_filter(filter);
    request.set_limit(limit);
    request.set_position(position);
    v1::ListDeadLettersReply reply;
    const grpc::Status status = stage_.Call(&Stub::ListDeadLetters, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }
  // Doomed sagas "g0", "g1", ..., all dead.
  void Doom(int count) {
    for (int i = 0; i < count; ++i) stage_.SubmitDoomed("g" + std::to_string(i));
    ASSERT_TRUE(stage_.WaitForDead(static_cast<size_t>(count)));
  }

  OperatorStage stage_;
  v1::DeadLetter reply_;
};

TEST_F(DeadLettersTest, ACompensationThatAlwaysFailsDiesAtItsLimit) {
  Doom(1);
  const v1::DeadLetter letter = stage_.Get("g0");
  EXPECT_EQ(letter.name().gid(), "g0");
  EXPECT_EQ(letter.name().branch_id(), "01");
  EXPECT_EQ(letter.name().op(), "compensate");
  EXPECT_EQ(letter.death(), 1u);
  EXPECT_EQ(letter.reason(), "attempts_used");
  EXPECT_EQ(letter.error(), "no route to host 10.0.0.7");
  EXPECT_EQ(letter.fingerprint().size(), 8u);
  EXPECT_EQ(letter.destination(), "p:1");
  EXPECT_EQ(letter.target(), "http://p:1/g0/one/undo");
  EXPECT_EQ(letter.attempts(), 2u);
  EXPECT_GT(letter.first_failure_us(), 0);
  EXPECT_GE(letter.last_failure_us(), letter.first_failure_us());
  EXPECT_GE(letter.dead_us(), letter.last_failure_us());
  EXPECT_EQ(letter.mode(), "saga");
  EXPECT_EQ(letter.status(), "aborting");
  EXPECT_EQ(letter.payload(), R"({"amount":5})");
  EXPECT_THAT(stage_.History("g0"), Contains("dead | 01 compensate | attempts_used"));

  const v1::ListDeadLettersReply all = List("");
  ASSERT_EQ(all.dead_letters_size(), 1);
  EXPECT_EQ(all.dead_letters(0).payload(), "") << "lists have no payloads";
  EXPECT_EQ(all.dead_letters(0).fingerprint(), letter.fingerprint());
}

TEST_F(DeadLettersTest, ListsComeInPagesAndByFilter) {
  Doom(5);
  stage_.SubmitStuck("stuck");
  ASSERT_TRUE(stage_.WaitForDead(6));
  EXPECT_EQ(List("op=compensate").dead_letters_size(), 5);
  EXPECT_EQ(List("op=action and dest=p:1 and attempts>=2").dead_letters_size(), 1);
  EXPECT_EQ(List("age>1h").dead_letters_size(), 0);
  std::vector<std::string> seen;
  std::string position;
  do {
    const v1::ListDeadLettersReply page = List("op=compensate", 2, position);
    for (const v1::DeadLetter& letter : page.dead_letters()) seen.push_back(letter.name().gid());
    position = page.next_position();
  } while (!position.empty());
  EXPECT_THAT(seen, ElementsAre("g0", "g1", "g2", "g3", "g4"));

  v1::ListDeadLettersRequest request;
  v1::ListDeadLettersReply reply;
  request.set_filter("colour=red");
  ExpectRefused(stage_.Call(&Stub::ListDeadLetters, request, &reply), StatusCode::INVALID_ARGUMENT,
                "colour");
  request.set_filter("");
  request.set_limit(1001);
  ExpectRefused(stage_.Call(&Stub::ListDeadLetters, request, &reply), StatusCode::INVALID_ARGUMENT,
                "limit: at most 1000");
  request.set_limit(1);
  request.set_position("yesterday");
  ExpectRefused(stage_.Call(&Stub::ListDeadLetters, request, &reply), StatusCode::INVALID_ARGUMENT,
                "position");
}

TEST_F(DeadLettersTest, GroupsAreOneForEachCause) {
  Doom(4);
  stage_.caller().Script(OperatorStage::Target("other", "two"), {{Outcome::kFailure, "sold out"}});
  stage_.caller().Script(OperatorStage::Target("other", "one/undo"),
                         {{Outcome::kUnknown, "the stock table is locked"}});
  stage_.Submit("other");
  ASSERT_TRUE(stage_.WaitForDead(5));
  v1::GroupDeadLettersRequest request;
  v1::GroupDeadLettersReply groups;
  ASSERT_TRUE(stage_.Call(&Stub::GroupDeadLetters, request, &groups).ok());
  ASSERT_EQ(groups.groups_size(), 2);
  EXPECT_EQ(groups.groups(0).destination(), "p:1");
  EXPECT_EQ(groups.groups(0).op(), "compensate");
  EXPECT_EQ(groups.groups(0).count(), 4u);
  EXPECT_EQ(groups.groups(0).sample(), "no route to host 10.0.0.7");
  EXPECT_EQ(groups.groups(1).count(), 1u);
  EXPECT_NE(groups.groups(0).fingerprint(), groups.groups(1).fingerprint());
  EXPECT_EQ(List("fingerprint=" + groups.groups(0).fingerprint()).dead_letters_size(), 4);
}

TEST_F(DeadLettersTest, AnEditIsCheckedKeptAndUsedByTheReplay) {
  Doom(1);
  ExpectRefused(stage_.Act("g0", "edit", &reply_, "compensate", 1, "{\"amount\":"),
                StatusCode::INVALID_ARGUMENT, "it is no JSON");
  ExpectRefused(stage_.Act("g0", "edit", &reply_, "compensate", 1, std::string(2000, '1')),
                StatusCode::INVALID_ARGUMENT, "limit.payload_bytes");
  ExpectRefused(stage_.Act("g0", "replay", &reply_, "compensate", 1, "{}"),
                StatusCode::INVALID_ARGUMENT, "only an edit takes one");
  ASSERT_TRUE(stage_.Act("g0", "edit", &reply_, "compensate", 1, R"({"amount":6})").ok());
  EXPECT_EQ(reply_.payload(), R"({"amount":6})");
  EXPECT_EQ(reply_.death(), 1u);
  EXPECT_EQ(reply_.reason(), "attempts_used") << "still dead";
  EXPECT_EQ(stage_.Get("g0").payload(), R"({"amount":6})");

  stage_.Restart();
  stage_.caller().Script(OperatorStage::Target("g0", "one/undo"), {{Outcome::kSuccess, ""}});
  ASSERT_TRUE(stage_.Act("g0", "replay", &reply_).ok());
  EXPECT_EQ(stage_.WaitForEnd("g0"), "failed");
  EXPECT_EQ(base::Value(stage_.caller().FullCalls().back().payload), R"({"amount":6})");
  const std::vector<std::string> history = stage_.History("g0");
  EXPECT_THAT(history, Contains(HasSubstr("edited | 01 compensate | because; payload before: "
                                          "{\\\"amount\\\":5} | ann@desk test 1.0")));
  EXPECT_THAT(history, Contains("replayed | 01 compensate | because | ann@desk test 1.0"));
}

TEST_F(DeadLettersTest, AReplayThatFailsDiesAgain) {
  Doom(1);
  ASSERT_TRUE(stage_.Act("g0", "replay", &reply_).ok());
  EXPECT_EQ(reply_.reason(), "");
  ASSERT_TRUE(OperatorStage::Eventually([&] {
    const auto stored = stage_.store().query->Find("g0");
    return stored.ok() && stored->transaction.branches[0].deaths == 2 &&
           stored->transaction.branches[0].dead != core::DeadReason::kNone;
  }));
  EXPECT_EQ(stage_.Get("g0").attempts(), 4u);
  ExpectRefused(stage_.Act("g0", "replay", &reply_), StatusCode::FAILED_PRECONDITION,
                "it has died 2 times by now, and death 1 was meant; look at it again");
  EXPECT_TRUE(stage_.Act("g0", "replay", &reply_, "compensate", 2).ok());
}

TEST_F(DeadLettersTest, ASecondReplayIsRefused) {
  Doom(1);
  stage_.caller().Hold(OperatorStage::Target("g0", "one/undo"));
  ASSERT_TRUE(stage_.Act("g0", "replay", &reply_).ok());
  ExpectRefused(stage_.Act("g0", "replay", &reply_), StatusCode::FAILED_PRECONDITION,
                "it was replayed already and is being called");
  stage_.caller().Release(OperatorStage::Target("g0", "one/undo"));
  EXPECT_EQ(stage_.WaitForEnd("g0"), "failed");
  ExpectRefused(stage_.Act("g0", "replay", &reply_), StatusCode::FAILED_PRECONDITION,
                "it has succeeded, or was resolved as done");
}

TEST_F(DeadLettersTest, ResolvedAsDoneNothingIsCalled) {
  Doom(1);
  const size_t calls = stage_.caller().Calls().size();
  ASSERT_TRUE(stage_.Act("g0", "done", &reply_).ok());
  EXPECT_EQ(stage_.WaitForEnd("g0"), "failed");
  EXPECT_EQ(stage_.caller().Calls().size(), calls);
  EXPECT_THAT(stage_.History("g0"),
              Contains("resolved | 01 compensate | as done: because | ann@desk test 1.0"));
}

TEST_F(DeadLettersTest, AnActionResolvedAsDoneLetsTheSagaGoOn) {
  stage_.SubmitStuck("s");
  ASSERT_TRUE(stage_.WaitForDead(1));
  ASSERT_TRUE(stage_.Act("s", "done", &reply_, "action").ok());
  EXPECT_EQ(stage_.WaitForEnd("s"), "succeed");
  EXPECT_THAT(stage_.caller().Calls(), Contains("action http://p:1/s/two"));
}

TEST_F(DeadLettersTest, AnActionResolvedAsCompensatedIsNotUndoneAgain) {
  stage_.SubmitStuck("s");
  ASSERT_TRUE(stage_.WaitForDead(1));
  ASSERT_TRUE(stage_.Act("s", "compensated", &reply_, "action").ok());
  EXPECT_EQ(stage_.WaitForEnd("s"), "failed");
  EXPECT_THAT(stage_.caller().Calls(), testing::Not(Contains("compensate http://p:1/s/one/undo")));
}

TEST_F(DeadLettersTest, AnActionResolvedAsFailedIsUndone) {
  stage_.SubmitStuck("s");
  ASSERT_TRUE(stage_.WaitForDead(1));
  ASSERT_TRUE(stage_.Act("s", "failed", &reply_, "action").ok());
  EXPECT_EQ(stage_.WaitForEnd("s"), "failed");
  EXPECT_THAT(stage_.caller().Calls(), Contains("compensate http://p:1/s/one/undo"))
      << "an action that was called may have run";
}

TEST_F(DeadLettersTest, ADiscardedCompensationIsLeftOut) {
  Doom(1);
  ASSERT_TRUE(stage_.Act("g0", "discard", &reply_).ok());
  EXPECT_EQ(stage_.WaitForEnd("g0"), "failed");
  EXPECT_THAT(stage_.History("g0"),
              Contains("discarded | 01 compensate | because | ann@desk test 1.0"));
}

TEST_F(DeadLettersTest, WhatAnActCannotDoIsRefused) {
  Doom(1);
  stage_.SubmitStuck("s");
  ASSERT_TRUE(stage_.WaitForDead(2));
  ExpectRefused(stage_.Act("g0", "failed", &reply_), StatusCode::FAILED_PRECONDITION,
                "cannot be settled as 'failed'; what can be: replay, done and discard");
  ExpectRefused(stage_.Act("s", "discard", &reply_, "action"), StatusCode::FAILED_PRECONDITION,
                "what can be: replay, done, and in a saga compensated and failed");
  ExpectRefused(stage_.Act("g0", "explode", &reply_), StatusCode::INVALID_ARGUMENT,
                "act: 'explode' is none; replay, edit, done");
  ExpectRefused(stage_.Act("g0", "replay", &reply_, "reimburse"), StatusCode::INVALID_ARGUMENT,
                "name.op: 'reimburse' is none; action, compensate");
  ExpectRefused(stage_.Act("nobody", "replay", &reply_), StatusCode::NOT_FOUND,
                "no transaction 'nobody'");
  ExpectRefused(stage_.Act("g0", "replay", &reply_, "cancel"), StatusCode::FAILED_PRECONDITION,
                "no cancel of a branch 01");
  ExpectRefused(stage_.Act("g0", "replay", &reply_, "compensate", 0), StatusCode::INVALID_ARGUMENT,
                "death");
  v1::ActOnDeadLetterRequest request;
  *request.mutable_name() = OperatorStage::Name("g0");
  request.set_death(1);
  request.set_act("replay");
  ExpectRefused(stage_.Call(&Stub::ActOnDeadLetter, request, &reply_), StatusCode::INVALID_ARGUMENT,
                "actor.reason: say why");
  EXPECT_EQ(stage_.Get("g0").death(), 1u) << "nothing of this changed anything";
  v1::DeadLetter letter;
  ExpectRefused(stage_.Call(&Stub::GetDeadLetter, OperatorStage::Name("g0", "action"), &letter),
                StatusCode::FAILED_PRECONDITION, "is no dead letter: it has succeeded");
}

TEST_F(DeadLettersTest, ParkedMessagesAreShownAndDiscarded) {
  base::Message message;
  message.topic = "saga.reply";
  message.key = "k";
  message.headers = {{"saga-schema", "99"}, {"binary", "\xff\x00"}};
  message.value = base::MakeBytes("?");
  port::ParkedMessage parked;
  parked.park_time = base::Time{1};
  parked.reason = "schema 99 is newer than 1";
  parked.partition = 3;
  parked.offset = 42;
  parked.message = message;
  ASSERT_TRUE(stage_.store().outbox->Park(parked, message).ok());

  v1::ListParkedMessagesRequest list;
  v1::ListParkedMessagesReply reply;
  ASSERT_TRUE(stage_.Call(&Stub::ListParkedMessages, list, &reply).ok());
  ASSERT_EQ(reply.messages_size(), 1);
  EXPECT_EQ(reply.messages(0).reason(), "schema 99 is newer than 1");
  EXPECT_EQ(reply.messages(0).topic(), "saga.reply");
  EXPECT_EQ(reply.messages(0).partition(), 3);
  EXPECT_EQ(reply.messages(0).offset(), 42);
  EXPECT_EQ(reply.messages(0).headers().at("saga-schema"), "99");
  EXPECT_EQ(reply.messages(0).headers().count("binary"), 0u);

  v1::DiscardParkedMessageRequest discard;
  v1::DiscardParkedMessageReply discarded;
  discard.set_id(reply.messages(0).id());
  ExpectRefused(stage_.Call(&Stub::DiscardParkedMessage, discard, &discarded),
                StatusCode::INVALID_ARGUMENT, "actor.reason");
  *discard.mutable_actor() = OperatorStage::Actor();
  ASSERT_TRUE(stage_.Call(&Stub::DiscardParkedMessage, discard, &discarded).ok());
  ExpectRefused(stage_.Call(&Stub::DiscardParkedMessage, discard, &discarded),
                StatusCode::NOT_FOUND, "no parked message");
}

}  // namespace
}  // namespace saga::integration
