// The intake at a real broker that lives.

#include "participants/sdk/kafka_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "orchestrator/envelope/header.h"
#include "tests/fixture/kafka_broker.h"
#include "tests/fixture/process.h"
#include "tests/integration/kafka_intake/workshop.h"

namespace saga::participants::sdk {
namespace {

using envelope::Reply;
using fixture::WaitUntil;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

constexpr absl::Duration kSoon = absl::Seconds(60);

class KafkaIntakeTest : public ::testing::Test {
 protected:
  bool CommittedUpTo(Workshop& shop, int64_t offset) {
    return WaitUntil(kSoon, [&] {
      return shop.kafka().Committed(shop.Options().participant, shop.topic()) == offset;
    });
  }
};

TEST_F(KafkaIntakeTest, CarriesOutRepliesAndCommits) {
  Workshop shop(fixture::SharedKafka());
  const std::unique_ptr<KafkaIntake> intake = shop.Open();
  std::vector<base::Message> commands;
  for (int i = 0; i < 200; ++i) commands.push_back(shop.Command(absl::StrCat("g", i), "01"));
  shop.kafka().Send(commands);
  const std::vector<Reply> replies = shop.kafka().Replies(shop.replies(), 200);
  EXPECT_THAT(replies, SizeIs(200));
  EXPECT_THAT(replies, Each(Field(&Reply::outcome, "success")));
  EXPECT_EQ(shop.Done().size(), 200u);
  EXPECT_TRUE(CommittedUpTo(shop, 200));
}

TEST_F(KafkaIntakeTest, KeepsTheOrderOfAKeyAndRunsKeysTogether) {
  Workshop shop(fixture::SharedKafka());
  shop.Hold("slow");
  const std::unique_ptr<KafkaIntake> intake = shop.Open();
  shop.kafka().Send({shop.Command("slow", "01"), shop.Command("slow", "02"),
                     shop.Command("quick", "01"), shop.Command("quick", "02"),
                     shop.Command("quick", "03")});
  // One partition, and its first message is not done: the others pass by.
  EXPECT_TRUE(WaitUntil(kSoon, [&] { return shop.Done().size() == 3; }));
  EXPECT_THAT(shop.Order(), ElementsAre("quick/01", "quick/02", "quick/03"));
  EXPECT_EQ(shop.Held(), 1) << "the second of slow waits for the first";
  EXPECT_THAT(shop.kafka().Replies(shop.replies(), 3), SizeIs(3));
  EXPECT_EQ(shop.kafka().Committed(shop.Options().participant, shop.topic()), -1)
      << "nothing may be committed past what is not done";
  shop.Release();
  EXPECT_THAT(shop.kafka().Replies(shop.replies(), 5), SizeIs(5));
  EXPECT_THAT(shop.Order(), ElementsAre("quick/01", "quick/02", "quick/03", "slow/01", "slow/02"));
  EXPECT_TRUE(CommittedUpTo(shop, 5));
}

TEST_F(KafkaIntakeTest, RepeatedAndReorderedCommandsWorkOnce) {
  Workshop shop(fixture::SharedKafka());
  const std::unique_ptr<KafkaIntake> intake = shop.Open();
  const base::Message action = shop.Command("g", "01");
  const base::Message undo = shop.Command("late", "01", "compensate");
  shop.kafka().Send({action, undo, action, shop.Command("late", "01"), undo, action});
  const std::vector<Reply> replies = shop.kafka().Replies(shop.replies(), 6);
  EXPECT_THAT(replies, SizeIs(6));
  EXPECT_THAT(replies, Each(Field(&Reply::outcome, "success")));
  EXPECT_THAT(shop.Order(), ElementsAre("g/01")) << "once, and not what was undone before it came";
}

TEST_F(KafkaIntakeTest, WhatCannotBeUnderstoodIsParkedAndDoesNotStopTheRest) {
  Workshop shop(fixture::SharedKafka());
  const std::unique_ptr<KafkaIntake> intake = shop.Open();
  base::Message newer = shop.Command("g-newer", "01");
  base::Message unknown = shop.Command("g-unknown", "01");
  base::Message late = shop.Command("g-late", "01");
  for (auto& [name, value] : newer.headers)
    if (name == envelope::kSchema) value = "7";
  for (auto& [name, value] : unknown.headers)
    if (name == envelope::kMethod) value = "workshop.v1.Workshop/Break";
  for (auto& [name, value] : late.headers)
    if (name == envelope::kDeadline) value = "1000";
  const base::Message noise{
      .topic = shop.topic(), .key = "", .headers = {}, .value = base::MakeBytes("noise")};
  shop.kafka().Send({noise, newer, unknown, late, shop.Command("g", "01")});

  std::vector<Reply> replies = shop.kafka().Replies(shop.replies(), 3);
  std::sort(replies.begin(), replies.end(),
            [](const Reply& a, const Reply& b) { return a.gid < b.gid; });
  ASSERT_THAT(replies, SizeIs(3));
  EXPECT_EQ(replies[0].gid, "g");
  EXPECT_EQ(replies[0].outcome, "success");
  EXPECT_EQ(replies[1].gid, "g-newer");
  EXPECT_EQ(replies[1].hopeless, "undecodable");
  EXPECT_EQ(replies[2].gid, "g-unknown");
  EXPECT_EQ(replies[2].hopeless, "unknown_method");
  std::vector<envelope::DeadLetter> letters = shop.kafka().DeadLetters(shop.topic(), 2);
  std::sort(letters.begin(), letters.end(),
            [](const auto& a, const auto& b) { return a.original_offset < b.original_offset; });
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].original_offset, 0);
  EXPECT_EQ(base::Value(letters[0].payload), "noise");
  EXPECT_EQ(letters[1].original_offset, 1);
  EXPECT_EQ(letters[1].original_key, "g-newer");
  EXPECT_EQ(letters[1].reason, "undecodable");
  EXPECT_THAT(shop.Order(), ElementsAre("g/01"));
  EXPECT_TRUE(CommittedUpTo(shop, 5));

  shop.kafka().Send({shop.Command("h", "01")});
  replies = shop.kafka().Replies(shop.replies(), 4);
  ASSERT_THAT(replies, SizeIs(4));
  EXPECT_EQ(replies.back().gid, "h") << "nobody is told about the late one";
}

TEST_F(KafkaIntakeTest, AStopFinishesWhatRunsAndLeavesTheRest) {
  Workshop shop(fixture::SharedKafka());
  shop.Hold("g");
  KafkaIntakeOptions options = shop.Options();
  options.workers = 1;
  std::unique_ptr<KafkaIntake> intake = shop.Open(options);
  shop.kafka().Send({shop.Command("g", "01"), shop.Command("g", "02"), shop.Command("h", "01")});
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Held() == 1; }));
  std::thread stop([&] { intake->Stop(kSoon); });
  shop.Release();
  stop.join();
  intake = nullptr;
  EXPECT_THAT(shop.Order().front(), "g/01");
  const int64_t done = static_cast<int64_t>(shop.Order().size());
  EXPECT_EQ(shop.kafka().Committed(options.participant, shop.topic()), done)
      << "committed by the stop itself";

  intake = shop.Open();
  EXPECT_THAT(shop.kafka().Replies(shop.replies(), 3), SizeIs(3)) << "each once: nothing repeated";
  EXPECT_THAT(shop.Order(), SizeIs(3));
}

TEST_F(KafkaIntakeTest, TakesNoMoreThanItMayHaveUnfinished) {
  Workshop shop(fixture::SharedKafka());
  shop.Hold("g");
  KafkaIntakeOptions options = shop.Options();
  options.max_unfinished = 20;
  const std::unique_ptr<KafkaIntake> intake = shop.Open(options);
  std::vector<base::Message> commands;
  for (int i = 0; i < 300; ++i) commands.push_back(shop.Command("g", absl::StrCat(100 + i)));
  commands.push_back(shop.Command("h", "01"));
  shop.kafka().Send(commands);
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Held() == 1; }));
  // The 301st is of another key, but behind more than 20 that are not done.
  shop.Release();
  EXPECT_THAT(shop.kafka().Replies(shop.replies(), 301), SizeIs(301));
  const std::vector<std::string> order = shop.Order();
  EXPECT_GE(std::find(order.begin(), order.end(), "h/01") - order.begin(), 281)
      << "taken too early";
  EXPECT_TRUE(CommittedUpTo(shop, 301));
}

TEST_F(KafkaIntakeTest, InstancesShareTheWorkAndANewOneDisturbsNothing) {
  Workshop shop(fixture::SharedKafka(), /*partitions=*/4);
  const std::unique_ptr<KafkaIntake> first = shop.Open();
  std::set<std::string> expected;
  std::vector<base::Message> commands;
  for (int i = 0; i < 400; ++i) {
    commands.push_back(shop.Command(absl::StrCat("g", i), "01"));
    expected.insert(absl::StrCat("g", i, "/01"));
  }
  const auto half = commands.begin() + 200;
  shop.kafka().Send({commands.begin(), half});
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return !shop.Order().empty(); }));
  const std::unique_ptr<KafkaIntake> second = shop.Open();
  shop.kafka().Send({half, commands.end()});
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Order().size() == 400; }));
  std::set<std::string> answered;
  for (const Reply& reply : shop.kafka().Replies(shop.replies(), 400))
    answered.insert(absl::StrCat(reply.gid, "/", reply.branch_id));
  EXPECT_EQ(answered, expected);
  for (const auto& [work, times] : shop.Done()) EXPECT_EQ(times, 1) << work;
  int64_t committed = 0;
  EXPECT_TRUE(WaitUntil(kSoon, [&] {
    committed = 0;
    for (int partition = 0; partition < 4; ++partition) {
      committed += std::max<int64_t>(
          0, shop.kafka().Committed(shop.Options().participant, shop.topic(), partition));
    }
    return committed == 400;
  })) << committed;
}

TEST_F(KafkaIntakeTest, WrongBrokersAreToldAtOnce) {
  const absl::StatusOr<std::unique_ptr<KafkaIntake>> intake = KafkaIntake::Start(
      {}, {.brokers = "", .participant = "x", .group = "", .topic = "", .dead_letter_topic = ""});
  EXPECT_EQ(intake.status().code(), absl::StatusCode::kInvalidArgument) << intake.status();
}

}  // namespace
}  // namespace saga::participants::sdk
