// From the outbox to the log: in order, each at least once, at no cost while there is nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/limits.h"
#include "orchestrator/engine/outbox_relay.h"
#include "orchestrator/envelope/header.h"
#include "tests/simulation/sim_executor.h"
#include "tests/unit/engine/post.h"

namespace saga::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RelayStage {
 public:
  RelayStage()
      : executor_(&world, [](const std::string&) { return base::Micros(10); }), post(&world) {}
  ~RelayStage() { Stop(); }

  void Start() {
    relay = std::make_unique<OutboxRelay>(
        OutboxRelay::Ports{.store = &post, .publisher = &post, .clock = &world});
    strand_ = executor_.NewStrand("outbox", [relay = relay.get()] { relay->Body(); });
    relay->Bind(strand_.get());
    relay->Wake();
  }
  void Stop() {
    if (relay == nullptr) return;
    relay->Close();
    strand_->Stop();
    relay.reset();
  }
  void Put(const std::string& name) {
    post.Put({.topic = "t", .key = name});
    if (relay != nullptr) relay->Wake();
  }
  void Run(base::Duration time) {
    world.RunUntil(world.Now() + time, [] { return false; });
  }
  std::vector<std::string> Published() const {
    std::vector<std::string> names;
    for (const base::Message& message : post.published) names.push_back(message.key);
    return names;
  }

  simulation::World world{1};

 private:
  simulation::SimExecutor executor_;

 public:
  Post post;
  std::unique_ptr<OutboxRelay> relay;

 private:
  std::unique_ptr<port::Strand> strand_;
};

TEST(OutboxRelay, PublishesInTheOrderOfTheCommitsAndRemoves) {
  RelayStage stage;
  stage.Start();
  for (const char* name : {"a", "b", "c"}) stage.Put(name);
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.Published(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(stage.post.outbox, IsEmpty());
  EXPECT_EQ(stage.relay->Stats().published, 3u);
  EXPECT_TRUE(stage.relay->Quiet());
}

TEST(OutboxRelay, TakesUpWhatAnEarlierProcessLeft) {
  RelayStage stage;
  stage.Put("left");
  stage.Start();
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.Published(), ElementsAre("left"));
}

TEST(OutboxRelay, AnEmptyOutboxCostsNothing) {
  RelayStage stage;
  stage.Start();
  stage.Put("a");
  stage.Run(base::Seconds(1));
  const uint64_t events = stage.world.Events();
  const size_t reads = stage.post.reads;
  stage.Run(base::Seconds(3600));
  EXPECT_EQ(stage.world.Events(), events);
  EXPECT_EQ(stage.post.reads, reads);
}

TEST(OutboxRelay, WhatTheLogDoesNotTakeIsPublishedAgainInOrder) {
  RelayStage stage;
  stage.post.log = [](const base::Message&) { return absl::UnavailableError("away"); };
  stage.Start();
  for (const char* name : {"a", "b", "c"}) stage.Put(name);
  stage.Run(base::Millis(2500));
  EXPECT_THAT(stage.Published(), IsEmpty());
  EXPECT_THAT(stage.post.outbox, SizeIs(3));
  EXPECT_GE(stage.relay->Stats().failed, 3u);
  EXPECT_LE(stage.post.publishes, 3u * 4);  // with a pause in between
  EXPECT_FALSE(stage.relay->Quiet());
  stage.Put("d");
  stage.post.log = nullptr;
  stage.Run(base::Seconds(3));
  EXPECT_THAT(stage.Published(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(stage.post.outbox, IsEmpty());
}

// A topic that is not there, a message that is too large: nobody else waits for them.
TEST(OutboxRelay, WhatIsRefusedHoldsUpNoOther) {
  RelayStage stage;
  stage.post.log = [](const base::Message& message) -> absl::Status {
    if (message.key == "no topic") return absl::NotFoundError("no such topic");
    const bool large = base::Value(message.value).size() > 10;
    return large ? absl::InvalidArgumentError("too large") : absl::OkStatus();
  };
  stage.Start();
  const std::string large(20, 'x');
  const auto put = [&](const std::string& kind, const std::string& key, const std::string& value) {
    stage.post.Put({.topic = "t",
                    .key = key,
                    .headers = {{envelope::kKind, kind}},
                    .value = base::MakeBytes(value)});
    stage.relay->Wake();
  };
  put(envelope::kEventKind, "no topic", "");
  put(envelope::kCommandKind, "no topic", "");
  put(envelope::kCommandKind, "large command", large);
  put(envelope::kDeadLetterKind, "large letter", large);
  put(envelope::kEventKind, "good", "");
  stage.Run(base::Seconds(5));
  EXPECT_THAT(stage.Published(), ElementsAre("good", "large letter"));
  EXPECT_THAT(stage.post.published[1].value, testing::IsNull()) << "a copy without its payload";
  ASSERT_THAT(stage.post.outbox, SizeIs(1)) << "commands are dropped: their branches go on";
  EXPECT_EQ(stage.post.outbox.begin()->second.message.key, "no topic");
  EXPECT_LE(stage.post.publishes, 12u);
  stage.post.log = nullptr;
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.Published(), ElementsAre("good", "large letter", "no topic"));
  EXPECT_THAT(stage.post.outbox, IsEmpty());
}

TEST(OutboxRelay, WhatOthersLeftIsFoundBehindWhatIsRefused) {
  RelayStage stage;
  stage.post.log = [](const base::Message& message) -> absl::Status {
    return message.key == "no topic" ? absl::NotFoundError("no such topic") : absl::OkStatus();
  };
  stage.Start();
  stage.Put("mine");
  stage.Put("no topic");
  stage.Run(base::Millis(500));
  ASSERT_THAT(stage.Published(), ElementsAre("mine"));
  ASSERT_THAT(stage.post.outbox, SizeIs(1));
  port::OutboxRecord left = stage.post.outbox.begin()->second;
  ASSERT_GT(left.id, 1u);
  left.id = 1;
  left.message.key = "left";
  stage.post.outbox.emplace(left.id, left);
  stage.relay->LookAgain();
  stage.Run(base::Seconds(3));
  EXPECT_THAT(stage.Published(), ElementsAre("mine", "left"));
  EXPECT_THAT(stage.post.outbox, SizeIs(1));
  stage.post.log = nullptr;
  stage.Run(base::Seconds(3));
  EXPECT_THAT(stage.Published(), ElementsAre("mine", "left", "no topic"));
}

TEST(OutboxRelay, WhatAFullPublisherRefusesIsOfferedAgain) {
  RelayStage stage;
  stage.post.takes = false;
  stage.Start();
  for (const char* name : {"a", "b"}) stage.Put(name);
  stage.Run(base::Seconds(5));
  EXPECT_LE(stage.post.reads, 10u);
  EXPECT_THAT(stage.post.outbox, SizeIs(2));
  stage.post.takes = true;
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.Published(), ElementsAre("a", "b"));
}

TEST(OutboxRelay, AStoreThatDoesNotAnswerIsAskedAgain) {
  RelayStage stage;
  stage.post.store_answers = false;
  stage.Start();
  stage.Put("a");
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.Published(), IsEmpty());
  EXPECT_LE(stage.post.reads, 30u);
  stage.post.store_answers = true;
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.Published(), ElementsAre("a"));
}

TEST(OutboxRelay, WhatCouldNotBeRemovedIsNotPublishedTwiceByThisProcess) {
  RelayStage stage;
  stage.post.log = [&](const base::Message&) {
    stage.post.store_answers = false;
    return absl::OkStatus();
  };
  stage.Start();
  stage.Put("a");
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.post.outbox, SizeIs(1));
  EXPECT_FALSE(stage.relay->Quiet());
  stage.post.log = nullptr;
  stage.post.store_answers = true;
  stage.Run(base::Seconds(2));
  EXPECT_THAT(stage.Published(), ElementsAre("a"));
  EXPECT_THAT(stage.post.outbox, IsEmpty());
  EXPECT_TRUE(stage.relay->Quiet());
}

TEST(OutboxRelay, HoldsABoundedNumberInMemory) {
  RelayStage stage;
  stage.post.log = [](const base::Message&) { return std::nullopt; };  // the log is silent
  const size_t many = core::kOutboxInFlight + 3 * core::kOutboxPage;
  for (size_t i = 0; i < many; ++i) stage.Put(std::to_string(i));
  stage.Start();
  stage.Run(base::Seconds(60));
  EXPECT_GE(stage.post.publishes, core::kOutboxInFlight);
  EXPECT_LT(stage.post.publishes, core::kOutboxInFlight + core::kOutboxPage);
  // Another process: everything once more, and all of it.
  stage.Stop();
  stage.post.log = nullptr;
  stage.Start();
  stage.Run(base::Seconds(60));
  EXPECT_THAT(stage.post.published, SizeIs(many));
  EXPECT_THAT(stage.post.outbox, IsEmpty());
}

TEST(OutboxRelay, ANewProcessPublishesAgainWhatWasUnderWay) {
  RelayStage stage;
  stage.post.log = [](const base::Message&) { return std::nullopt; };
  stage.Start();
  stage.Put("a");
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.post.publishes, 1u);
  stage.Stop();
  stage.post.log = nullptr;
  stage.Start();
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.post.publishes, 2u);
  EXPECT_THAT(stage.Published(), ElementsAre("a"));
}

TEST(OutboxRelay, ALogThatCannotBeReachedHoldsUpNoStop) {
  RelayStage stage;
  stage.post.log = [](const base::Message&) { return std::nullopt; };
  stage.Start();
  stage.Put("a");
  stage.Run(base::Seconds(1));
  EXPECT_FALSE(stage.relay->Quiet());
  stage.post.reachable = false;
  EXPECT_TRUE(stage.relay->Quiet());
  EXPECT_FALSE(stage.relay->Stats().reachable);
}

}  // namespace
}  // namespace saga::engine
