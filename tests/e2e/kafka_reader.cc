#include "tests/e2e/kafka_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "tests/fixture/kafka_broker.h"
#include "tests/fixture/process.h"

namespace saga::e2e {

namespace {

constexpr absl::Duration kEnd = absl::Minutes(2);

}  // namespace

std::vector<base::Message> ReadTopic(
    const std::string& broker, const std::string& topic,
    const std::function<bool(const std::vector<base::Message>&)>& enough) {
  absl::Mutex mutex;
  std::vector<base::Message> messages;
  auto source = adapter::KafkaSource::Create(
      {.kafka = {.brokers = broker}, .topics = {topic}, .group = fixture::UniqueName("reader")});
  EXPECT_TRUE(source.ok()) << source.status();
  (*source)->Start([&](port::Received received, absl::AnyInvocable<void()> ack) {
    {
      absl::MutexLock lock(&mutex);
      messages.push_back(std::move(received.message));
    }
    ack();
  });
  const bool done = fixture::WaitUntil(kEnd, [&] {
    absl::MutexLock lock(&mutex);
    return enough(messages);
  });
  (*source)->Stop();
  EXPECT_TRUE(done) << messages.size() << " messages in " << topic << " are not enough";
  return messages;
}

void PublishAll(const std::string& broker, const std::vector<base::Message>& messages) {
  auto publisher = adapter::KafkaPublisher::Create({.kafka = {.brokers = broker}});
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  std::atomic<size_t> published{0};
  for (const base::Message& message : messages) {
    ASSERT_TRUE((*publisher)->Publish(message, [&](absl::Status status) {
      EXPECT_TRUE(status.ok()) << status;
      ++published;
    }));
  }
  EXPECT_TRUE(fixture::WaitUntil(kEnd, [&] { return published == messages.size(); }));
}

}  // namespace saga::e2e
