#include "participants/sdk/key_schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace saga::participants::sdk {
namespace {

TEST(KeySchedule, OneKeyIsDoneInItsOrderOneAfterTheOther) {
  KeySchedule<int> schedule;
  for (const int work : {1, 2, 3}) schedule.Add("a", work);
  for (const int work : {1, 2, 3}) {
    ASSERT_TRUE(schedule.ready());
    const auto next = schedule.Next();
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->work, work);
    EXPECT_FALSE(schedule.ready());
    EXPECT_FALSE(schedule.Next().has_value()) << "the key is busy";
    schedule.Done("a");
  }
  EXPECT_FALSE(schedule.ready());
  EXPECT_EQ(schedule.waiting() + schedule.running(), 0u);
}

TEST(KeySchedule, KeysRunAtTheSameTimeAndTakeTurns) {
  KeySchedule<int> schedule;
  schedule.Add("a", 1);
  schedule.Add("a", 2);
  schedule.Add("b", 10);
  EXPECT_EQ(schedule.Next()->work, 1);
  EXPECT_EQ(schedule.Next()->work, 10);
  EXPECT_EQ(schedule.running(), 2u);
  EXPECT_FALSE(schedule.ready());
  schedule.Add("c", 100);
  schedule.Done("a");
  EXPECT_EQ(schedule.Next()->work, 100) << "c has waited longer than the second of a";
  EXPECT_EQ(schedule.Next()->work, 2);
}

TEST(KeySchedule, ClearForgetsWhatWaitsAndKeepsWhatRuns) {
  KeySchedule<int> schedule;
  schedule.Add("a", 1);
  schedule.Add("a", 2);
  schedule.Add("b", 10);
  EXPECT_EQ(schedule.Next()->work, 1);
  schedule.Clear();
  EXPECT_EQ(schedule.waiting(), 0u);
  EXPECT_EQ(schedule.running(), 1u);
  EXPECT_FALSE(schedule.ready());
  schedule.Add("a", 3);
  EXPECT_FALSE(schedule.ready()) << "a is still busy";
  schedule.Done("a");
  EXPECT_EQ(schedule.Next()->work, 3);
}

// Any interleaving: nothing is lost, nothing twice, each key in order, one of a key at a time.
TEST(KeySchedule, HoldsForAnyInterleaving) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 100; ++round) {
    KeySchedule<int> schedule;
    std::map<std::string, int> added;
    std::map<std::string, int> seen;
    std::vector<std::string> running;
    for (int act = 0; act < 400; ++act) {
      const std::string key(1, static_cast<char>('a' + random() % 6));
      switch (random() % 3) {
        case 0:
          schedule.Add(key, ++added[key]);
          break;
        case 1:
          if (auto next = schedule.Next()) {
            ASSERT_EQ(std::count(running.begin(), running.end(), next->key), 0);
            ASSERT_EQ(next->work, ++seen[next->key]);
            running.push_back(next->key);
          }
          break;
        default:
          if (running.empty()) break;
          std::swap(running[random() % running.size()], running.back());
          schedule.Done(running.back());
          running.pop_back();
      }
    }
    while (true) {
      for (const std::string& key : running) schedule.Done(key);
      running.clear();
      auto next = schedule.Next();
      if (!next.has_value()) break;
      ASSERT_EQ(next->work, ++seen[next->key]);
      running.push_back(next->key);
    }
    EXPECT_EQ(seen, added);
    EXPECT_EQ(schedule.waiting() + schedule.running(), 0u);
  }
}

}  // namespace
}  // namespace saga::participants::sdk
