// Replies from the log: acknowledged when what they say is stored, or when they are parked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/engine/reply_intake.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/reply.h"
#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using core::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = port::WriteResult::Kind;

// Hands in what a test gives it.
class TestSource : public port::MessageSource {
 public:
  void Start(Handler handler) override { handler_ = std::move(handler); }
  void Stop() override { handler_ = nullptr; }
  // Its offset.
  int64_t Give(base::Message message) {
    const int64_t offset = next_++;
    if (handler_ == nullptr) return offset;
    handler_({.message = std::move(message), .partition = 3, .offset = offset, .time = kWritten},
             [this, offset] { acked.push_back(offset); });
    return offset;
  }
  static constexpr base::Time kWritten{1'600'000'000'000'000};
  std::vector<int64_t> acked;

 private:
  Handler handler_;
  int64_t next_ = 0;
};

class IntakeStage {
 public:
  IntakeStage()
      : stage(Options(), Stage::WithPost{}),
        executor_(&stage.world(), [](const std::string&) { return base::Micros(10); }) {
    stage.post().facts["p:1"] = Post::Registered();
    stage.participant = [](const port::BranchCall&) -> Scripted {
      return {.outcome = Outcome::kUnknown, .reach = port::Reach::kUnreachable};
    };
    intake = std::make_unique<ReplyIntake>(
        ReplyIntakeOptions{
            .dead_letter_topic = kLetters, .group = "sagad", .source = "/sagad/test"},
        ReplyIntake::Ports{.engine = &stage.engine(),
                           .source = &source,
                           .store = &stage.post(),
                           .clock = &stage.world(),
                           .executor = &executor_},
        [this](const std::string& reason) { parked.push_back(reason); });
    intake->Start();
  }
  ~IntakeStage() { intake->Stop(); }

  static EngineOptions Options() {
    EngineOptions options;
    options.messages.fallback_after_unknown = 1;
    return options;
  }
  // A saga whose first action has gone out as a command, attempt 2.
  void SubmitAndSend(const std::string& gid = "g") {
    stage.engine().Submit({Stage::Saga(gid, 1)}, WaitFor::kStored, [](Answer) {});
    stage.Run(base::Seconds(1));
    ASSERT_TRUE(stage.Record(gid).branches[1].on_fallback);
  }
  static base::Message Reply(const std::string& gid = "g", const std::string& outcome = "success",
                             const std::string& op = "action") {
    return envelope::Encode({.gid = gid,
                             .branch_id = "01",
                             .op = op,
                             .attempt = 2,
                             .outcome = outcome,
                             .text = "said so"},
                            kReplies);
  }

  Stage stage;
  TestSource source;
  std::vector<std::string> parked;
  std::unique_ptr<ReplyIntake> intake;

 private:
  simulation::SimExecutor executor_;
};

TEST(ReplyIntake, AReplyEndsItsTransactionAndIsAcknowledged) {
  IntakeStage all;
  all.SubmitAndSend();
  all.source.Give(IntakeStage::Reply());
  all.stage.Run(base::Seconds(1));
  EXPECT_EQ(all.stage.StatusOf("g"), core::Status::kSucceed);
  EXPECT_THAT(all.source.acked, ElementsAre(0));
  EXPECT_THAT(all.parked, IsEmpty());
}

TEST(ReplyIntake, NothingIsAcknowledgedBeforeItIsStored) {
  IntakeStage all;
  all.SubmitAndSend();
  all.stage.disk = [](const port::Write&) { return Kind::kFailed; };
  all.source.Give(IntakeStage::Reply());
  all.stage.Run(base::Seconds(10));
  EXPECT_THAT(all.source.acked, IsEmpty());
  all.stage.disk = nullptr;
  all.stage.Run(base::Seconds(2));
  EXPECT_THAT(all.source.acked, ElementsAre(0));
  EXPECT_EQ(all.stage.StatusOf("g"), core::Status::kSucceed);
}

TEST(ReplyIntake, AStoreThatIsAwayIsNotAskedWithoutAPause) {
  IntakeStage all;
  all.SubmitAndSend();
  all.stage.Run(base::Seconds(1));
  all.stage.loads_fail = true;
  const uint64_t events = all.stage.world().Events();
  all.source.Give(IntakeStage::Reply("not in memory"));
  all.stage.Run(base::Seconds(10));
  EXPECT_LT(all.stage.world().Events() - events, 2000u);
  EXPECT_THAT(all.source.acked, IsEmpty());
  all.stage.loads_fail = false;
  all.stage.Run(base::Seconds(2));
  EXPECT_THAT(all.source.acked, ElementsAre(0));
}

TEST(ReplyIntake, ARepeatedReplyIsAcknowledgedToo) {
  IntakeStage all;
  all.SubmitAndSend();
  for (int i = 0; i < 3; ++i) all.source.Give(IntakeStage::Reply());
  all.stage.Run(base::Seconds(1));
  EXPECT_THAT(all.source.acked, SizeIs(3));
  EXPECT_THAT(all.parked, IsEmpty());
}

TEST(ReplyIntake, WhatIsAboutNothingKnownIsParkedAndAcknowledged) {
  IntakeStage all;
  base::Message message = IntakeStage::Reply("nobody");
  all.source.Give(message);
  all.stage.Run(base::Seconds(1));
  EXPECT_THAT(all.source.acked, ElementsAre(0));
  ASSERT_THAT(all.stage.post().parked, SizeIs(1));
  const port::ParkedMessage& kept = all.stage.post().parked.front();
  EXPECT_EQ(kept.message, message);
  EXPECT_EQ(kept.partition, 3);
  EXPECT_EQ(kept.offset, 0);
  EXPECT_THAT(kept.reason, HasSubstr("nobody"));
  EXPECT_THAT(all.parked, ElementsAre(kept.reason));
}

TEST(ReplyIntake, WhatCannotBeUnderstoodIsParkedWithACopyThatSaysWhereItIsFrom) {
  std::vector<base::Message> messages;
  messages.push_back({.topic = kReplies, .key = "some key", .value = base::MakeBytes("garbage")});
  messages.push_back(IntakeStage::Reply("g", "success", "query"));
  messages.push_back(IntakeStage::Reply("g", "success", "msg"));  // an ask-back is never sent
  messages.push_back(IntakeStage::Reply("g", "perhaps"));
  messages.push_back(IntakeStage::Reply());
  for (auto& [name, value] : messages.back().headers) {
    if (name == envelope::kSchema) value = "99";
  }
  for (const base::Message& message : messages) {
    IntakeStage all;
    all.SubmitAndSend();
    all.source.Give(message);
    all.stage.Run(base::Seconds(1));
    EXPECT_THAT(all.source.acked, ElementsAre(0));
    ASSERT_THAT(all.stage.post().parked, SizeIs(1));
    const std::string& reason = all.stage.post().parked.front().reason;
    EXPECT_FALSE(reason.empty());
    ASSERT_THAT(all.stage.post().Waiting(kLetters), SizeIs(1));
    const base::Message copy = all.stage.post().Waiting(kLetters).front();
    const auto letter = envelope::DecodeDeadLetter(copy);
    ASSERT_TRUE(letter.ok()) << letter.status();
    EXPECT_EQ(letter->reason, "undecodable");
    EXPECT_EQ(letter->error, reason);
    EXPECT_EQ(letter->original_topic, kReplies);
    EXPECT_EQ(letter->original_partition, 3);
    EXPECT_EQ(letter->original_offset, 0);
    EXPECT_EQ(letter->original_time, TestSource::kWritten);
    EXPECT_EQ(letter->original_key, message.key);
    EXPECT_EQ(copy.key, message.key);
    EXPECT_EQ(letter->consumer_group, "sagad");
    EXPECT_EQ(base::Value(letter->payload), base::Value(message.value));
    // It changed nothing.
    EXPECT_TRUE(all.stage.Record("g").branches[1].on_fallback);
  }
}

TEST(ReplyIntake, WhatCannotBeParkedWaitsAndHoldsUpNoOtherReply) {
  IntakeStage all;
  all.SubmitAndSend();
  all.stage.post().store_answers = false;
  all.source.Give({.topic = kReplies, .key = "garbage"});
  all.stage.Run(base::Seconds(1));
  all.source.Give(IntakeStage::Reply());
  all.stage.Run(base::Seconds(1));
  EXPECT_EQ(all.stage.StatusOf("g"), core::Status::kSucceed);
  EXPECT_THAT(all.source.acked, ElementsAre(1));
  all.stage.post().store_answers = true;
  all.stage.Run(base::Seconds(1));
  EXPECT_THAT(all.source.acked, ElementsAre(1, 0));
  EXPECT_THAT(all.stage.post().parked, SizeIs(1));
}

TEST(ReplyIntake, AfterAStopNothingIsTakenOrAcknowledged) {
  IntakeStage all;
  all.SubmitAndSend();
  all.source.Give(IntakeStage::Reply());
  all.intake->Stop();
  all.stage.Run(base::Seconds(10));
  EXPECT_THAT(all.source.acked, IsEmpty());
  all.source.Give(IntakeStage::Reply());
  all.stage.Run(base::Seconds(1));
  EXPECT_THAT(all.source.acked, IsEmpty());
}

}  // namespace
}  // namespace saga::engine
