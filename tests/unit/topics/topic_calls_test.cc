// Changes of topics as the doors ask for them: in order, never on the asking thread, and not
// without end.

#include "orchestrator/api/topic_calls.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/core/limits.h"
#include "tests/unit/topics/switchable_kv.h"

namespace saga::api {
namespace {

using ::testing::ElementsAre;
using Kind = WireAnswer::Kind;

class TopicCallsTest : public ::testing::Test {
 protected:
  TopicCalls::Done Keep() {
    return [this](WireAnswer answer) {
      absl::MutexLock lock(&mutex_);
      answers_.push_back(std::move(answer));
      threads_.push_back(std::this_thread::get_id());
    };
  }

  // The answers so far, once there are `count`.
  std::vector<WireAnswer> Answers(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return answers_.size() >= count;
    };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20)));
    return answers_;
  }

  SwitchableKv store_;
  adapter::SystemClock clock_;
  Topics topics_{store_, clock_};
  absl::Mutex mutex_;
  std::vector<WireAnswer> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread::id> threads_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(TopicCallsTest, AnswersInTheProtocolsWords) {
  TopicCalls calls(topics_);
  calls.Subscribe("paid", "http://a", "the shop", Keep());
  calls.Subscribe("paid", "http://a", "", Keep());
  calls.Subscribe("paid", "nacos://a", "", Keep());
  calls.Unsubscribe("paid", "http://a", Keep());
  calls.Delete("paid", Keep());
  calls.Delete("paid", Keep());
  const std::vector<WireAnswer> answers = Answers(6);
  ASSERT_EQ(answers.size(), 6u);
  EXPECT_EQ(answers[0], WireAnswer());
  EXPECT_EQ(answers[1], (WireAnswer{Kind::kError, "this url exists"}));
  EXPECT_EQ(answers[2].kind, Kind::kBadRequest);
  EXPECT_EQ(answers[3], WireAnswer());
  EXPECT_EQ(answers[4], WireAnswer());
  EXPECT_EQ(answers[5], (WireAnswer{Kind::kError, "storage: NotFound"}));
  absl::MutexLock lock(&mutex_);
  EXPECT_THAT(threads_, ::testing::Not(::testing::Contains(std::this_thread::get_id())));
}

TEST_F(TopicCallsTest, AStoreThatFails) {
  TopicCalls calls(topics_);
  store_.Break(SwitchableKv::Broken::kAll);
  calls.Subscribe("paid", "http://a", "", Keep());
  EXPECT_THAT(Answers(1), ElementsAre(WireAnswer{Kind::kUnavailable, "the disk is full"}));
}

TEST_F(TopicCallsTest, ABusyStoreKeepsNobodyAndTheQueueHasAnEnd) {
  TopicCalls calls(topics_);
  store_.Hold();
  calls.Subscribe("paid", "http://a/0", "", Keep());
  ASSERT_TRUE(store_.WaitUntilHeld());
  for (size_t i = 1; i <= core::kTopicQueue; ++i)
    calls.Subscribe("paid", absl::StrCat("http://a/", i), "", Keep());
  calls.Subscribe("paid", "http://b", "", Keep());
  const std::vector<WireAnswer> answers = Answers(1);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].kind, Kind::kOverloaded);
  EXPECT_THAT(answers[0].text, ::testing::HasSubstr("kTopicQueue"));
  store_.Release();
  EXPECT_EQ(Answers(core::kTopicQueue + 2).size(), core::kTopicQueue + 2);
  EXPECT_EQ((*topics_.Receivers("paid"))->size(), core::kTopicQueue + 1);
}

TEST_F(TopicCallsTest, TheEndWaitsForWhatWasTaken) {
  {
    TopicCalls calls(topics_);
    for (int i = 0; i < 20; ++i) calls.Subscribe("paid", absl::StrCat("http://a/", i), "", Keep());
  }
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(answers_.size(), 20u);
}

}  // namespace
}  // namespace saga::api
