// The Kafka clients while the broker dies with SIGKILL and comes back.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "orchestrator/adapter/kafka/kafka_topics.h"
#include "tests/contract/message_log/inbox.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::contract {
namespace {

using adapter::KafkaPublisher;
using adapter::KafkaSource;
using testing::IsEmpty;

constexpr absl::Duration kPatience = absl::Seconds(90);
constexpr int kKeys = 16;
constexpr char kTopic[] = "outage";

using Sequences = std::map<std::string, std::vector<std::string>>;

// Of what came more than once the first counts.
Sequences FirstOnes(const Sequences& all) {
  Sequences result;
  for (const auto& [key, texts] : all) {
    std::set<std::string> seen;
    for (const std::string& text : texts) {
      if (seen.insert(text).second) result[key].push_back(text);
    }
  }
  return result;
}

class KafkaOutageTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.WaitReady()) << broker_.process().Stderr();
    kafka_.brokers = broker_.address();
    const absl::Status made = adapter::EnsureKafkaTopics(
        kafka_, {{.name = kTopic, .partitions = 4}}, /*create=*/true, base::Seconds(30));
    ASSERT_TRUE(made.ok()) << made;
    publisher_ = *KafkaPublisher::Create({.kafka = kafka_, .max_in_flight = 500});
  }

  std::unique_ptr<KafkaSource> Listen(Inbox& inbox, const std::string& group) {
    auto source = *KafkaSource::Create({.kafka = kafka_, .topics = {kTopic}, .group = group});
    source->Start(inbox.Handler());
    return source;
  }

  // The next message, when there is room for one.
  bool PublishOne() {
    const std::string key = absl::StrCat("key-", published_ % kKeys);
    const std::string text = absl::StrCat(key, "/", published_ / kKeys);
    const base::Message message{
        .topic = kTopic, .key = key, .headers = {{"h", text}}, .value = base::MakeBytes(text)};
    const bool taken = publisher_->Publish(
        message, [told = outcomes_.Next(), this](const absl::Status& status) mutable {
          told(status);
          done_.fetch_add(1);
        });
    if (taken) {
      expected_[key].push_back(text);
      ++published_;
    }
    return taken;
  }

  void PublishMany(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return PublishOne(); }));
    }
  }

  bool AllDone() {
    return fixture::WaitUntil(kPatience, [&] { return done_.load() == published_; });
  }

  // What the log holds, as one sees it who reads it from the beginning.
  Sequences LogContent(const std::string& group) {
    Inbox inbox(Inbox::Acks::kAtOnce);
    const auto source = Listen(inbox, group);
    EXPECT_TRUE(fixture::WaitUntil(
        kPatience, [&] { return inbox.Count() >= static_cast<size_t>(published_); }));
    return inbox.ByKey();
  }

  fixture::KafkaBroker broker_;
  adapter::KafkaOptions kafka_;
  std::unique_ptr<KafkaPublisher> publisher_;
  Outcomes outcomes_;
  std::atomic<int> done_{0};
  int published_ = 0;
  Sequences expected_;
};

TEST_F(KafkaOutageTest, KilledInTheMiddleNothingIsLostDoubledOrOutOfOrder) {
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen(inbox, "group");
  for (int kill = 0; kill < 2; ++kill) {
    PublishMany(1500);
    std::atomic<bool> back{false};
    std::thread killer([&] {
      broker_.Kill();
      back.store(true);
    });
    while (!back.load()) PublishOne();  // on and on, into the middle of its death
    killer.join();
    for (int i = 0; i < 200; ++i) PublishOne();  // and while it is away
    broker_.Restart();
    ASSERT_TRUE(broker_.WaitReady()) << broker_.process().Stderr();
  }
  PublishMany(500);
  ASSERT_TRUE(AllDone());
  EXPECT_EQ(LogContent("reader"), expected_) << "each once, in order";
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return FirstOnes(inbox.ByKey()) == expected_; }))
      << "the one who was there all the time missed something";
  for (const absl::Status& status : outcomes_.All()) EXPECT_TRUE(status.ok()) << status;
}

TEST_F(KafkaOutageTest, ReachableFollowsTheBroker) {
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return publisher_->Reachable(); }));
  broker_.Kill();
  const absl::Time killed = absl::Now();
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return !publisher_->Reachable(); }));
  RecordProperty("unreachable_after_ms", absl::FormatDuration(absl::Now() - killed));
  broker_.Restart();
  ASSERT_TRUE(broker_.WaitReady());
  const absl::Time back = absl::Now();
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return publisher_->Reachable(); }));
  RecordProperty("reachable_after_ms", absl::FormatDuration(absl::Now() - back));
}

TEST_F(KafkaOutageTest, ABrokerThatHangsIsNotReachable) {
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return publisher_->Reachable(); }));
  broker_.process().Signal(SIGSTOP);
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return !publisher_->Reachable(); }));
  broker_.process().Signal(SIGCONT);
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return publisher_->Reachable(); }));
}

TEST_F(KafkaOutageTest, MessagesWaitForABrokerThatComesLater) {
  broker_.Kill();
  publisher_ = *KafkaPublisher::Create({.kafka = kafka_});
  Inbox inbox(Inbox::Acks::kAtOnce);
  const auto source = Listen(inbox, "group");
  PublishMany(100);
  EXPECT_EQ(done_.load(), 0);
  broker_.Restart();
  ASSERT_TRUE(broker_.WaitReady()) << broker_.process().Stderr();
  ASSERT_TRUE(AllDone());
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return inbox.Count() == 100; }));
  EXPECT_EQ(inbox.ByKey(), expected_);
}

TEST_F(KafkaOutageTest, EverythingStopsWhileTheBrokerIsAway) {
  Inbox inbox(Inbox::Acks::kByHand);
  auto source = Listen(inbox, "group");
  PublishMany(50);
  ASSERT_TRUE(AllDone());
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return inbox.Count() == 50; }));
  broker_.Kill();
  inbox.AckAll();
  source->Stop();
  EXPECT_TRUE(PublishOne());
  publisher_.reset();
  EXPECT_EQ(done_.load(), 51);
  EXPECT_EQ(outcomes_.All().back().code(), absl::StatusCode::kCancelled);
  // Nobody could be told of the acknowledgements, so everything comes again.
  broker_.Restart();
  ASSERT_TRUE(broker_.WaitReady());
  Inbox again(Inbox::Acks::kAtOnce);
  source = Listen(again, "group");
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return again.Count() >= 50; }));
}

TEST_F(KafkaOutageTest, AcknowledgedDuringAnOutageIsCommittedAfterIt) {
  Inbox first(Inbox::Acks::kByHand);
  auto source = Listen(first, "group");
  PublishMany(2 * kKeys);
  ASSERT_TRUE(AllDone());
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return first.Count() == 2 * kKeys; }));
  broker_.Kill();
  first.AckAll();
  broker_.Restart();
  ASSERT_TRUE(broker_.WaitReady());
  // It is back in the group when it gets more.
  expected_.clear();
  PublishMany(kKeys);
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] {
    const Sequences got = first.ByKey();
    return std::all_of(expected_.begin(), expected_.end(), [&](const auto& key) {
      return got.at(key.first).back() == key.second.back();
    });
  }));
  source.reset();
  Inbox second(Inbox::Acks::kAtOnce);
  source = Listen(second, "group");
  ASSERT_TRUE(fixture::WaitUntil(
      kPatience, [&] { return FirstOnes(second.ByKey()).size() == static_cast<size_t>(kKeys); }));
  EXPECT_EQ(second.ByKey(), expected_);
}

// The session of the first lasts longer than this test waits for anything.
TEST_F(KafkaOutageTest, AMemberWithANameGoesOnAtOnceAfterACrash) {
  adapter::KafkaSourceOptions options = {
      .kafka = kafka_, .topics = {kTopic}, .group = "group", .instance = "sagad-a"};
  options.kafka.properties = {{"session.timeout.ms", "300000"}};
  PublishMany(kKeys);
  ASSERT_TRUE(AllDone());
  publisher_.reset();  // its threads would not be in the child
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Inbox inbox(Inbox::Acks::kByHand);
    auto source = *KafkaSource::Create(options);
    source->Start(inbox.Handler());
    fixture::WaitUntil(kPatience, [&] { return inbox.Count() == kKeys; });
    _exit(inbox.Count() == kKeys ? 0 : 1);  // as a crash would: nobody says goodbye
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  Inbox inbox(Inbox::Acks::kAtOnce);
  auto source = *KafkaSource::Create(options);
  source->Start(inbox.Handler());
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return inbox.Count() >= kKeys; }));
  EXPECT_EQ(inbox.ByKey(), expected_);
}

}  // namespace
}  // namespace saga::contract
