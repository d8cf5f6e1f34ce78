#include "participants/sdk/kafka_intake.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "orchestrator/envelope/header.h"
#include "participants/sdk/address.h"
#include "participants/sdk/command_desk.h"
#include "participants/sdk/kafka_consumer.h"
#include "participants/sdk/kafka_publisher.h"
#include "participants/sdk/key_schedule.h"
#include "participants/sdk/log_line.h"
#include "participants/sdk/offset_ledger.h"

namespace saga::participants::sdk {
namespace {

// How long the reader sleeps at most before it looks at what the workers have finished.
constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr absl::Duration kPatience = absl::Milliseconds(200);
// For commands that run when their partitions are taken away.
constexpr absl::Duration kHandOver = absl::Seconds(3);

struct TakenCommand {
  ReceivedMessage received;
  OffsetTicket ticket;
};

base::Time Now() { return base::Time{absl::ToUnixMicros(absl::Now())}; }

KafkaIntakeOptions Completed(KafkaIntakeOptions options) {
  if (options.group.empty()) options.group = options.participant;
  if (options.topic.empty())
    options.topic = absl::StrCat(envelope::kCommandTopicPrefix, options.participant);
  if (options.dead_letter_topic.empty()) options.dead_letter_topic = envelope::kDeadLetterTopic;
  return options;
}

}  // namespace

class KafkaIntake::Impl {
 public:
  Impl(CommandRoutes routes, const KafkaIntakeOptions& options)
      : options_(Completed(options)),
        desk_(std::move(routes), {.participant = options_.participant,
                                  .group = options_.group,
                                  .dead_letter_topic = options_.dead_letter_topic}) {}

  absl::Status Start();
  void Stop(absl::Duration grace);

 private:
  void Read() ABSL_LOCKS_EXCLUDED(mutex_);
  void Take(const rd_kafka_message_t& message) ABSL_LOCKS_EXCLUDED(mutex_);
  void StorePositions() ABSL_LOCKS_EXCLUDED(mutex_);
  void PauseOrResume() ABSL_LOCKS_EXCLUDED(mutex_);
  void Assigned(const std::vector<int32_t>& partitions) ABSL_LOCKS_EXCLUDED(mutex_);
  void Revoked(const std::vector<int32_t>& partitions, bool lost) ABSL_LOCKS_EXCLUDED(mutex_);

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  void Answer(const TakenCommand& taken) ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const OffsetTicket& ticket) ABSL_LOCKS_EXCLUDED(mutex_);

  const KafkaIntakeOptions options_;
  const CommandDesk desk_;

  absl::Mutex mutex_;
  KeySchedule<TakenCommand> schedule_ ABSL_GUARDED_BY(mutex_);
  OffsetLedger ledger_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Notification read_enough_;
  bool paused_ = false;  // touched by the reader only

  // Its thread calls Finish, so it goes before what Finish touches.
  std::unique_ptr<KafkaPublisher> publisher_;
  std::unique_ptr<KafkaConsumer> consumer_;
  std::vector<std::thread> workers_;
  std::thread reader_;
};

absl::Status KafkaIntake::Impl::Start() {
  for (const absl::string_view broker : absl::StrSplit(options_.brokers, ',')) {
    if (const absl::StatusOr<Address> address = ParseAddress(broker); !address.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("kafka brokers: ", address.status().message()));
    }
  }
  absl::StatusOr<std::unique_ptr<KafkaPublisher>> publisher =
      KafkaPublisher::Open(options_.brokers);
  if (!publisher.ok()) return publisher.status();
  publisher_ = *std::move(publisher);
  absl::StatusOr<std::unique_ptr<KafkaConsumer>> consumer = KafkaConsumer::Open(
      options_.brokers, options_.group, options_.topic,
      {.assigned = [this](const std::vector<int32_t>& partitions) { Assigned(partitions); },
       .revoked = [this](const std::vector<int32_t>& partitions,
                         bool lost) { Revoked(partitions, lost); }});
  if (!consumer.ok()) return consumer.status();
  consumer_ = *std::move(consumer);
  for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { Work(); });
  reader_ = std::thread([this] { Read(); });
  LogLine(LogLevel::kInfo, "taking commands from kafka")
      .Set("brokers", options_.brokers)
      .Set("topic", options_.topic)
      .Set("group", options_.group);
  return absl::OkStatus();
}

void KafkaIntake::Impl::Stop(absl::Duration grace) {
  const absl::Time until = absl::Now() + grace;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    schedule_.Clear();
  }
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  if (publisher_ != nullptr) publisher_->Flush(std::max(until - absl::Now(), absl::ZeroDuration()));
  if (!reader_.joinable()) return;
  read_enough_.Notify();
  reader_.join();
}

void KafkaIntake::Impl::Read() {
  while (!read_enough_.HasBeenNotified()) {
    if (const KafkaMessage message = consumer_->Poll(kPoll); message != nullptr) Take(*message);
    StorePositions();
    PauseOrResume();
  }
  StorePositions();
  consumer_->Close();
}

void KafkaIntake::Impl::Take(const rd_kafka_message_t& message) {
  TakenCommand taken{.received = {.message = ToMessage(message),
                                  .partition = message.partition,
                                  .offset = message.offset,
                                  .time = WrittenAt(message)},
                     .ticket = {}};
  const std::string key = taken.received.message.key;
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  taken.ticket = ledger_.Take(message.partition, message.offset);
  schedule_.Add(key, std::move(taken));
}

void KafkaIntake::Impl::StorePositions() {
  std::vector<CommitPosition> positions;
  {
    absl::MutexLock lock(&mutex_);
    positions = ledger_.TakePositions();
  }
  consumer_->Store(positions);
}

void KafkaIntake::Impl::PauseOrResume() {
  bool pause = paused_;
  {
    const auto room = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return ledger_.unfinished() < options_.max_unfinished;
    };
    absl::MutexLock lock(&mutex_);
    // A pause throws away what was fetched ahead, so a moment without a poll comes first.
    if (stopping_ || !mutex_.AwaitWithTimeout(absl::Condition(&room), kPatience)) {
      pause = true;
    } else if (ledger_.unfinished() <= options_.max_unfinished / 2) {
      pause = false;
    }
  }
  if (std::exchange(paused_, pause) != pause) consumer_->Pause(pause);
}

void KafkaIntake::Impl::Assigned(const std::vector<int32_t>& partitions) {
  absl::MutexLock lock(&mutex_);
  for (const int32_t partition : partitions) ledger_.Assign(partition);
}

void KafkaIntake::Impl::Revoked(const std::vector<int32_t>& partitions, bool lost) {
  {
    absl::MutexLock lock(&mutex_);
    // All of ours go at once, so none of what waits is ours any more.
    schedule_.Clear();
    const auto idle = [this]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return schedule_.running() == 0; };
    if (!lost) mutex_.AwaitWithTimeout(absl::Condition(&idle), kHandOver);
  }
  if (!lost) {
    publisher_->Flush(kHandOver);
    StorePositions();
  }
  absl::MutexLock lock(&mutex_);
  for (const int32_t partition : partitions) ledger_.Revoke(partition);
  paused_ = false;
}

void KafkaIntake::Impl::Work() {
  while (true) {
    std::optional<Scheduled<TakenCommand>> next;
    {
      const auto something = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return stopping_ || schedule_.ready();
      };
      absl::MutexLock lock(&mutex_, absl::Condition(&something));
      if (stopping_) return;
      next = schedule_.Next();
    }
    Answer(next->work);
    absl::MutexLock lock(&mutex_);
    schedule_.Done(next->key);
  }
}

void KafkaIntake::Impl::Answer(const TakenCommand& taken) {
  CommandAnswer answer = desk_.Answer(taken.received, Now());
  if (answer.messages.empty()) return Finish(taken.ticket);
  const auto left = std::make_shared<std::atomic<size_t>>(answer.messages.size());
  for (base::Message& message : answer.messages) {
    publisher_->Publish(std::move(message), answer.wanted_until,
                        [this, left, ticket = taken.ticket] {
                          if (--*left == 0) Finish(ticket);
                        });
  }
}

void KafkaIntake::Impl::Finish(const OffsetTicket& ticket) {
  absl::MutexLock lock(&mutex_);
  ledger_.Finish(ticket);
}

KafkaIntake::KafkaIntake(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaIntake::~KafkaIntake() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<KafkaIntake>> KafkaIntake::Start(CommandRoutes routes,
                                                                const KafkaIntakeOptions& options) {
  std::unique_ptr<KafkaIntake> intake(
      new KafkaIntake(std::make_unique<Impl>(std::move(routes), options)));
  if (const absl::Status started = intake->impl_->Start(); !started.ok()) return started;
  return intake;
}

void KafkaIntake::Stop(absl::Duration grace) { impl_->Stop(grace); }

}  // namespace saga::participants::sdk
