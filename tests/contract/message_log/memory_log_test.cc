// What the log in memory can besides the contract: what tests and the simulation stage with it.

#include "orchestrator/adapter/memory/memory_log.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/message_log/inbox.h"

namespace saga::contract {
namespace {

using adapter::MemoryLog;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

base::Message Note(const std::string& key, const std::string& text) {
  return {.topic = "t", .key = key, .value = base::MakeBytes(text)};
}

std::vector<std::string> Texts(const std::vector<port::Received>& all) {
  std::vector<std::string> texts;
  for (const port::Received& received : all) texts.push_back(TextOf(received.message));
  return texts;
}

TEST(MemoryLogTest, NothingHappensByItself) {
  Outcomes outcomes;
  MemoryLog log;
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = log.NewSource({"t"}, "g");
  source->Start(inbox.Handler());
  EXPECT_EQ(log.Choices(), 0u);
  ASSERT_TRUE(log.publisher().Publish(Note("k", "1"), outcomes.Next()));
  EXPECT_EQ(log.Choices(), 1u);
  EXPECT_EQ(outcomes.Finished(), 0u);
  EXPECT_TRUE(log.Step());
  EXPECT_EQ(outcomes.Finished(), 1u);
  EXPECT_EQ(inbox.Count(), 0u);
  EXPECT_TRUE(log.Step());
  EXPECT_EQ(inbox.Count(), 1u);
  EXPECT_FALSE(log.Step());
}

TEST(MemoryLogTest, WhileItIsAwayMessagesWaitAndKeepTheirOrder) {
  Outcomes outcomes;
  MemoryLog log;
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = log.NewSource({"t"}, "g");
  source->Start(inbox.Handler());
  log.SetReachable(false);
  EXPECT_FALSE(log.publisher().Reachable());
  for (const char* text : {"1", "2", "3"}) {
    ASSERT_TRUE(log.publisher().Publish(Note("k", text), outcomes.Next()));
  }
  EXPECT_EQ(log.RunUntilIdle(), 0u);
  EXPECT_THAT(log.Messages("t"), IsEmpty());
  log.SetReachable(true);
  EXPECT_TRUE(log.publisher().Reachable());
  log.RunUntilIdle();
  EXPECT_THAT(outcomes.Problems(), IsEmpty());
  EXPECT_THAT(Texts(inbox.All()), ElementsAre("1", "2", "3"));
}

TEST(MemoryLogTest, RewindBringsWhatIsNotAcknowledged) {
  Outcomes outcomes;
  MemoryLog log;
  Inbox inbox(Inbox::Acks::kByHand);
  const auto source = log.NewSource({"t"}, "g");
  source->Start(inbox.Handler());
  for (const char* text : {"1", "2", "3"})
    log.publisher().Publish(Note("k", text), outcomes.Next());
  log.RunUntilIdle();
  inbox.Ack(0);
  inbox.Ack(2);
  log.Rewind("g");
  inbox.Ack(1);  // of no use any more
  log.RunUntilIdle();
  EXPECT_THAT(Texts(inbox.All()), ElementsAre("1", "2", "3", "2", "3"));
  inbox.AckAll();
  log.Rewind("g");
  EXPECT_EQ(log.RunUntilIdle(), 0u);
}

TEST(MemoryLogTest, ItWakesWhoeverSteps) {
  int wakes = 0;
  Outcomes outcomes;
  MemoryLog log({.wake = [&] { ++wakes; }});
  log.publisher().Publish(Note("k", "1"), outcomes.Next());
  EXPECT_EQ(wakes, 1);
  log.SetReachable(false);
  log.SetReachable(true);
  EXPECT_EQ(wakes, 3);
}

TEST(MemoryLogTest, TooManyUnderWayAreRefused) {
  Outcomes outcomes;
  MemoryLog log({.max_in_flight = 2});
  EXPECT_TRUE(log.publisher().Publish(Note("k", "1"), outcomes.Next()));
  EXPECT_TRUE(log.publisher().Publish(Note("k", "2"), outcomes.Next()));
  EXPECT_FALSE(log.publisher().Publish(Note("k", "3"), [](absl::Status) { FAIL(); }));
  log.Step();
  EXPECT_TRUE(log.publisher().Publish(Note("k", "3"), outcomes.Next()));
}

TEST(MemoryLogTest, WhatIsNotWrittenWhenItGoesIsCancelled) {
  Outcomes outcomes;
  std::unique_ptr<port::MessageSource> source;
  {
    MemoryLog log;
    source = log.NewSource({"t"}, "g");
    source->Start([](port::Received, absl::AnyInvocable<void()>) { FAIL(); });
    log.publisher().Publish(Note("k", "1"), outcomes.Next());
  }
  source->Stop();
  ASSERT_THAT(outcomes.All(), SizeIs(1));
  EXPECT_EQ(outcomes.All()[0].code(), absl::StatusCode::kCancelled);
}

std::vector<std::string> Play(uint64_t seed) {
  Inbox inbox(Inbox::Acks::kAtOnce);
  Outcomes outcomes;
  MemoryLog log({.partitions = 3, .now = [] { return base::Time{42}; }});
  const auto source = log.NewSource({"t"}, "g");
  source->Start(inbox.Handler());
  for (int i = 0; i < 30; ++i) {
    log.publisher().Publish(Note(absl::StrCat("k", i % 7), absl::StrCat(i)), outcomes.Next());
  }
  std::mt19937_64 random(seed);
  while (log.Step(random())) {
  }
  EXPECT_EQ(inbox.All().at(0).time, base::Time{42});
  return Texts(inbox.All());
}

TEST(MemoryLogTest, TheSameChoicesAreTheSameRun) {
  EXPECT_THAT(Play(1), SizeIs(30));
  EXPECT_EQ(Play(1), Play(1));
  EXPECT_NE(Play(1), Play(2));
}

}  // namespace
}  // namespace saga::contract
