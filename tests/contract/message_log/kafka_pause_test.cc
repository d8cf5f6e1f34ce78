// A handler that stays behind for long: the source pauses its partitions and goes on where it was.

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "orchestrator/adapter/kafka/kafka_topics.h"
#include "tests/contract/message_log/inbox.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::contract {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr size_t kMessages = 200;
constexpr size_t kLimit = 20;

class PausesSeen {
 public:
  void Take(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    if (absl::StrContains(text, ": pauses")) ++pauses_;
    if (absl::StrContains(text, ": goes on")) ++resumes_;
  }
  int pauses() const {
    absl::MutexLock lock(&mutex_);
    return pauses_;
  }
  int resumes() const {
    absl::MutexLock lock(&mutex_);
    return resumes_;
  }

 private:
  mutable absl::Mutex mutex_;
  int pauses_ ABSL_GUARDED_BY(mutex_) = 0;
  int resumes_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(KafkaPauseTest, PausedForLongAndResumedNothingIsLostOrDoubled) {
  PausesSeen seen;
  const std::string topic = fixture::UniqueName("pause");
  const adapter::KafkaOptions kafka = {
      .brokers = fixture::SharedKafka(),
      .log = [&](adapter::KafkaLogLevel, const std::string& text) { seen.Take(text); }};
  ASSERT_TRUE(
      adapter::EnsureKafkaTopics(kafka, {{.name = topic, .partitions = 2}}, true, base::Seconds(30))
          .ok());
  Outcomes outcomes;
  const auto publisher = *adapter::KafkaPublisher::Create({.kafka = kafka});
  std::map<std::string, std::vector<std::string>> expected;
  for (size_t i = 0; i < kMessages; ++i) {
    const std::string key = absl::StrCat("key-", i % 5);
    expected[key].push_back(absl::StrCat(i));
    ASSERT_TRUE(publisher->Publish(
        {.topic = topic, .key = key, .value = base::MakeBytes(absl::StrCat(i))}, outcomes.Next()));
  }
  Inbox inbox(Inbox::Acks::kByHand);
  const auto source = *adapter::KafkaSource::Create(
      {.kafka = kafka, .topics = {topic}, .group = topic, .max_unacked = kLimit});
  source->Start(inbox.Handler());
  size_t acked = 0;
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return seen.pauses() == round; }));
    EXPECT_EQ(inbox.Count(), acked + kLimit) << "handed out although it is paused";
    for (const size_t end = inbox.Count(); acked < end; ++acked) inbox.Ack(acked);
    ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return seen.resumes() == round; }));
  }
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] {
    for (const size_t end = inbox.Count(); acked < end; ++acked) inbox.Ack(acked);
    return acked >= kMessages;
  }));
  source->Stop();
  EXPECT_EQ(inbox.ByKey(), expected);
  EXPECT_EQ(inbox.MostOpen(), kLimit);
}

}  // namespace
}  // namespace saga::contract
