// What every implementation of port::MessagePublisher and port::MessageSource keeps.

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/message_log/inbox.h"
#include "tests/contract/message_log/log_under_test.h"

namespace saga::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kPlenty = 100'000;
constexpr int kKeys = 16;  // more than partitions

class MessageLogTest : public testing::TestWithParam<LogKind> {
 protected:
  std::unique_ptr<port::MessageSource> Listen(const std::string& group, Inbox& inbox,
                                              size_t max_unacked = kPlenty) {
    auto source = log_->NewSource(group, max_unacked);
    source->Start(inbox.Handler());
    return source;
  }

  void Publish(base::Message message) {
    message.topic = log_->topic();
    ASSERT_TRUE(log_->publisher().Publish(message, outcomes_.Next()));
  }

  // `count` messages, the keys in turn, numbered on within each key.
  void PublishMany(int count) {
    for (int i = 0; i < count; ++i, ++published_) {
      const std::string key = absl::StrCat("key-", published_ % kKeys);
      Publish({.key = key, .value = base::MakeBytes(absl::StrCat(key, "/", published_ / kKeys))});
    }
    ASSERT_TRUE(log_->Until([&] { return outcomes_.Finished() == outcomes_.Started(); }));
    ASSERT_THAT(outcomes_.Problems(), IsEmpty());
  }

  // Messages `first` to published_ of each key, in order.
  std::map<std::string, std::vector<std::string>> Expected(int first = 0) const {
    std::map<std::string, std::vector<std::string>> result;
    for (int i = first; i < published_; ++i) {
      const std::string key = absl::StrCat("key-", i % kKeys);
      result[key].push_back(absl::StrCat(key, "/", i / kKeys));
    }
    return result;
  }

  bool Arrives(const Inbox& inbox, size_t count) {
    return log_->Until([&] { return inbox.Count() >= count; });
  }

  std::unique_ptr<LogUnderTest> log_ = GetParam().make();
  Outcomes outcomes_;
  int published_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Logs, MessageLogTest, testing::ValuesIn(LogKinds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(MessageLogTest, AnyBytesComeAsTheyWere) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::vector<base::Message> messages = {
      {.key = "a", .headers = {{"text", "value"}}, .value = base::MakeBytes("hello")},
      {.key = bytes,
       .headers = {{"binary", bytes}, {"empty", ""}},
       .value = base::MakeBytes(bytes)},
      {.key = "a", .headers = {{"twice", "1"}, {"twice", "2"}}},
      {.key = "a", .value = base::MakeBytes(std::string(500'000, '\xff'))},
  };
  for (const base::Message& message : messages) Publish(message);
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen("group", inbox);
  ASSERT_TRUE(Arrives(inbox, messages.size()));
  source->Stop();
  for (base::Message message : messages) {
    message.topic = log_->topic();
    const std::vector<port::Received> all = inbox.All();
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [&](const auto& received) { return received.message == message; }),
              1);
  }
  EXPECT_THAT(outcomes_.Problems(), IsEmpty());
}

TEST_P(MessageLogTest, DoneOnceAndInOrderOfKeys) {
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen("group", inbox);
  PublishMany(2000);
  ASSERT_TRUE(Arrives(inbox, 2000));
  source->Stop();
  EXPECT_EQ(inbox.ByKey(), Expected());
  EXPECT_THAT(outcomes_.Problems(), IsEmpty());
  std::map<std::string, std::set<int32_t>> partitions;
  std::set<int32_t> used;
  for (const port::Received& received : inbox.All()) {
    partitions[received.message.key].insert(received.partition);
    used.insert(received.partition);
  }
  for (const auto& [key, where] : partitions) EXPECT_THAT(where, SizeIs(1)) << key;
  EXPECT_GT(used.size(), 1u) << "keys are not spread";
}

TEST_P(MessageLogTest, OffsetsOfAPartitionGrow) {
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen("group", inbox);
  PublishMany(300);
  ASSERT_TRUE(Arrives(inbox, 300));
  source->Stop();
  std::map<int32_t, int64_t> last;
  for (const port::Received& received : inbox.All()) {
    const auto before = last.find(received.partition);
    if (before != last.end()) {
      EXPECT_GT(received.offset, before->second);
    }
    last[received.partition] = received.offset;
  }
}

TEST_P(MessageLogTest, WhatIsNotAcknowledgedComesAgain) {
  PublishMany(100);
  Inbox first(Inbox::Acks::kByHand);
  auto source = Listen("group", first);
  ASSERT_TRUE(Arrives(first, 100));
  source.reset();
  Inbox second(Inbox::Acks::kAtOnce);
  source = Listen("group", second);
  ASSERT_TRUE(Arrives(second, 100));
  source->Stop();
  EXPECT_EQ(second.ByKey(), Expected());
  first.AckAll();  // too late, and harmless
}

TEST_P(MessageLogTest, WhatIsAcknowledgedDoesNotComeAgainAfterACleanStop) {
  PublishMany(100);
  Inbox first(Inbox::Acks::kByHand);
  auto source = Listen("group", first);
  ASSERT_TRUE(Arrives(first, 100));
  // In any order: the last first.
  for (size_t i = 100; i > 0; --i) first.Ack(i - 1);
  source.reset();
  // Every key once more: what was to come again would come before them.
  PublishMany(2 * kKeys);
  Inbox second(Inbox::Acks::kAtOnce);
  source = Listen("group", second);
  ASSERT_TRUE(Arrives(second, 2 * kKeys));
  source->Stop();
  EXPECT_EQ(second.ByKey(), Expected(100));
}

TEST_P(MessageLogTest, WhatLiesBehindAnUnacknowledgedOneComesAgain) {
  for (int i = 0; i < 10; ++i) {
    Publish({.key = "k", .value = base::MakeBytes(absl::StrCat("k/", i))});
  }
  Inbox first(Inbox::Acks::kByHand);
  auto source = Listen("group", first);
  ASSERT_TRUE(Arrives(first, 10));
  for (const size_t i : {0, 1, 2, 4, 5, 9}) first.Ack(i);
  source.reset();
  Inbox second(Inbox::Acks::kAtOnce);
  source = Listen("group", second);
  ASSERT_TRUE(Arrives(second, 7));
  source->Stop();
  EXPECT_THAT(second.ByKey()["k"],
              testing::ElementsAre("k/3", "k/4", "k/5", "k/6", "k/7", "k/8", "k/9"));
}

TEST_P(MessageLogTest, AcknowledgementsOfOtherThreadsCount) {
  PublishMany(400);
  Inbox first(Inbox::Acks::kByHand);
  auto source = Listen("group", first);
  ASSERT_TRUE(Arrives(first, 400));
  std::vector<absl::AnyInvocable<void()>> acks = first.TakeAcks();
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&acks, t] {
      for (size_t i = t; i < acks.size(); i += 4) std::move(acks[i])();
    });
  }
  for (std::thread& thread : threads) thread.join();
  source.reset();
  PublishMany(kKeys);
  Inbox second(Inbox::Acks::kAtOnce);
  source = Listen("group", second);
  ASSERT_TRUE(Arrives(second, kKeys));
  source->Stop();
  EXPECT_EQ(second.ByKey(), Expected(400));
}

TEST_P(MessageLogTest, EveryGroupGetsEverything) {
  Inbox red(Inbox::Acks::kAtOnce);
  Inbox blue(Inbox::Acks::kAtOnce);
  const auto red_source = Listen("red", red);
  const auto blue_source = Listen("blue", blue);
  PublishMany(200);
  ASSERT_TRUE(Arrives(red, 200));
  ASSERT_TRUE(Arrives(blue, 200));
  EXPECT_EQ(red.ByKey(), Expected());
  EXPECT_EQ(blue.ByKey(), Expected());
}

TEST_P(MessageLogTest, WhoLeavesAGroupLeavesItsPartToTheOthers) {
  Inbox one(Inbox::Acks::kAtOnce);
  Inbox two(Inbox::Acks::kAtOnce);
  auto first = Listen("group", one);
  auto second = Listen("group", two);
  // Both have partitions: each has got something.
  ASSERT_TRUE(log_->Until([&] {
    PublishMany(kKeys);
    log_->Until([&] { return one.Count() + two.Count() >= static_cast<size_t>(published_); });
    return one.Count() > 0 && two.Count() > 0;
  }));
  first.reset();
  const size_t before = one.Count();
  PublishMany(10 * kKeys);
  ASSERT_TRUE(log_->Until([&] {
    std::set<std::string> seen;
    for (const Inbox* inbox : {&one, &two}) {
      for (const port::Received& received : inbox->All()) seen.insert(TextOf(received.message));
    }
    return seen.size() == static_cast<size_t>(published_);
  })) << "something was lost";
  EXPECT_EQ(one.Count(), before) << "a stopped source still works";
}

TEST_P(MessageLogTest, ASlowHandlerHoldsNoMoreThanItsLimit) {
  constexpr size_t kLimit = 10;
  PublishMany(300);
  Inbox inbox(Inbox::Acks::kByHand);
  const auto source = Listen("group", inbox, kLimit);
  size_t acked = 0;
  while (acked < 300) {
    ASSERT_TRUE(Arrives(inbox, std::min(acked + kLimit, size_t{300})));
    for (const size_t end = inbox.Count(); acked < end; ++acked) inbox.Ack(acked);
  }
  source->Stop();
  EXPECT_LE(inbox.MostOpen(), kLimit);
  EXPECT_EQ(inbox.ByKey(), Expected());
}

TEST_P(MessageLogTest, NothingComesAfterStop) {
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen("group", inbox);
  PublishMany(kKeys);
  ASSERT_TRUE(Arrives(inbox, kKeys));
  source->Stop();
  source->Stop();  // no harm
  PublishMany(kKeys);
  Inbox other(Inbox::Acks::kAtOnce);
  const auto witness = Listen("another group", other);
  ASSERT_TRUE(Arrives(other, 2 * kKeys));
  EXPECT_EQ(inbox.Count(), static_cast<size_t>(kKeys));
}

TEST_P(MessageLogTest, ATopicThatDoesNotExistIsAnErrorAndNoLoss) {
  const base::Message lost{.topic = log_->topic() + "-missing", .key = "k"};
  ASSERT_TRUE(log_->publisher().Publish(lost, outcomes_.Next()));
  ASSERT_TRUE(log_->Until([&] { return outcomes_.Finished() == 1; }));
  ASSERT_THAT(outcomes_.All(), SizeIs(1));
  EXPECT_EQ(outcomes_.All()[0].code(), absl::StatusCode::kNotFound) << outcomes_.All()[0];
}

}  // namespace
}  // namespace saga::contract
