#include "participants/sdk/kafka_publisher.h"

#include <utility>

#include "absl/time/clock.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::sdk {
namespace {

constexpr int kPollMs = 50;
constexpr absl::Duration kRepeatAfter = absl::Milliseconds(250);
constexpr absl::Duration kRetirement = absl::Seconds(5);

base::Time Now() { return base::Time{absl::ToUnixMicros(absl::Now())}; }

}  // namespace

KafkaPublisher::KafkaPublisher(const std::string& brokers)
    : settings_{{"bootstrap.servers", brokers},
                {"enable.idempotence", "true"},
                {"acks", "all"},
                {"partitioner", "murmur2_random"},  // as Java clients choose, so that keys meet
                {"linger.ms", "1"},
                {"message.timeout.ms", "30000"},
                {"message.max.bytes", "4194304"},
                {"reconnect.backoff.ms", "50"},
                {"reconnect.backoff.max.ms", "500"},
                {"topic.metadata.propagation.max.ms", "2000"},
                {"log.connection.close", "false"}} {}

absl::StatusOr<std::unique_ptr<KafkaPublisher>> KafkaPublisher::Open(const std::string& brokers) {
  std::unique_ptr<KafkaPublisher> publisher(new KafkaPublisher(brokers));
  absl::StatusOr<KafkaHandle> producer = publisher->MakeProducer();
  if (!producer.ok()) return producer.status();
  {
    absl::WriterMutexLock lock(&publisher->producer_mutex_);
    publisher->producer_ = *std::move(producer);
  }
  publisher->thread_ = std::thread([raw = publisher.get()] { raw->Loop(); });
  return publisher;
}

KafkaPublisher::~KafkaPublisher() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  if (thread_.joinable()) thread_.join();
  absl::WriterMutexLock lock(&producer_mutex_);
  if (producer_ != nullptr) Retire(std::move(producer_));
}

absl::StatusOr<KafkaHandle> KafkaPublisher::MakeProducer() {
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf(settings_, this);
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), OnReport);
  return MakeKafkaHandle(RD_KAFKA_PRODUCER, *std::move(conf));
}

void KafkaPublisher::Publish(base::Message message, base::Time wanted_until,
                             std::function<void()> done) {
  {
    absl::MutexLock lock(&mutex_);
    ++outstanding_;
  }
  Send(std::make_unique<Sending>(Sending{std::move(message), wanted_until, std::move(done)}));
}

void KafkaPublisher::Send(std::unique_ptr<Sending> sending) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  {
    absl::ReaderMutexLock lock(&producer_mutex_);
    error = Produce(producer_.get(), sending->message, sending.get());
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The delivery report brings it back.
    static_cast<void>(sending.release());
  } else {
    Reported(std::move(sending), error);
  }
}

void KafkaPublisher::OnReport(rd_kafka_t*, const rd_kafka_message_t* report, void* publisher) {
  static_cast<KafkaPublisher*>(publisher)->Reported(
      std::unique_ptr<Sending>(static_cast<Sending*>(report->_private)), report->err);
}

void KafkaPublisher::Reported(std::unique_ptr<Sending> sending, rd_kafka_resp_err_t error) {
  Tell(*sending, error);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ended(*sending);
  if (Closing()) return;
  if (sending->wanted_until < Now()) {
    LogLine(LogLevel::kWarning, "message given up, nobody waits for it any more")
        .Set("topic", sending->message.topic)
        .Set("key", sending->message.key);
    return Ended(*sending);
  }
  // Its headers say where the whole of it is.
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) sending->message.value = nullptr;
  absl::MutexLock lock(&mutex_);
  failed_.push_back({absl::Now() + kRepeatAfter, std::move(sending)});
}

void KafkaPublisher::Tell(const Sending& sending, rd_kafka_resp_err_t error) {
  absl::MutexLock lock(&mutex_);
  const bool told = std::exchange(last_error_, error) == error;
  if (told || closing_ || error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  LogLine(LogLevel::kWarning, "message not published, tried again")
      .Set("topic", sending.message.topic)
      .Set("error", rd_kafka_err2str(error));
}

bool KafkaPublisher::Closing() {
  absl::MutexLock lock(&mutex_);
  return closing_;
}

void KafkaPublisher::Ended(const Sending& sending) {
  if (sending.done) sending.done();
  absl::MutexLock lock(&mutex_);
  --outstanding_;
}

void KafkaPublisher::Loop() {
  while (true) {
    bool broken = false;
    {
      absl::ReaderMutexLock lock(&producer_mutex_);
      rd_kafka_poll(producer_.get(), kPollMs);
      broken = rd_kafka_fatal_error(producer_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (broken) ReplaceProducer();
    Repeat();
    if (Closing()) return;
  }
}

void KafkaPublisher::Repeat() {
  while (true) {
    std::unique_ptr<Sending> due;
    {
      absl::MutexLock lock(&mutex_);
      if (failed_.empty() || failed_.front().due > absl::Now()) return;
      due = std::move(failed_.front().sending);
      failed_.pop_front();
    }
    Send(std::move(due));
  }
}

void KafkaPublisher::ReplaceProducer() {
  KafkaHandle old;
  {
    absl::WriterMutexLock lock(&producer_mutex_);
    LogLine(LogLevel::kWarning, "kafka producer replaced, it had a fatal error");
    absl::StatusOr<KafkaHandle> fresh = MakeProducer();
    if (!fresh.ok()) return;  // out of threads or memory; tried again with the next turn
    old = std::exchange(producer_, *std::move(fresh));
  }
  Retire(std::move(old));
}

void KafkaPublisher::Retire(KafkaHandle producer) {
  rd_kafka_purge(producer.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  const absl::Time until = absl::Now() + kRetirement;
  while (rd_kafka_outq_len(producer.get()) > 0 && absl::Now() < until)
    rd_kafka_poll(producer.get(), kPollMs);
}

bool KafkaPublisher::Flush(absl::Duration timeout) {
  const auto nothing_left = [this]()
                                ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return outstanding_ == 0; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&nothing_left), timeout);
}

}  // namespace saga::participants::sdk
