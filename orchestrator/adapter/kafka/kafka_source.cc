#include "orchestrator/adapter/kafka/kafka_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

constexpr int kPollMillis = 100;
constexpr absl::Duration kCommitPause = absl::Milliseconds(500);
constexpr absl::Duration kShortProbe = absl::Milliseconds(100);
constexpr absl::Duration kLongProbe = absl::Seconds(2);
constexpr absl::Duration kRecreatePause = absl::Seconds(1);
// Pausing throws away what librdkafka has fetched ahead, so it is for those who stay behind.
constexpr absl::Duration kPatience = absl::Seconds(1);

base::Bytes BytesOf(const void* data, size_t size) {
  return data == nullptr ? nullptr
                         : base::MakeBytes(std::string(static_cast<const char*>(data), size));
}

std::vector<std::pair<std::string, std::string>> HeadersOf(const rd_kafka_message_t& message) {
  std::vector<std::pair<std::string, std::string>> result;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
  result.reserve(rd_kafka_header_cnt(headers));
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    result.emplace_back(name,
                        value == nullptr ? "" : std::string(static_cast<const char*>(value), size));
  }
  return result;
}

port::Received ReceivedFrom(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t millis = rd_kafka_message_timestamp(&message, &type);
  port::Received received;
  received.message.topic = rd_kafka_topic_name(message.rkt);
  received.message.key = base::Value(BytesOf(message.key, message.key_len));
  received.message.headers = HeadersOf(message);
  received.message.value = BytesOf(message.payload, message.len);
  received.partition = message.partition;
  received.offset = message.offset;
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) received.time = base::Time{millis * 1000};
  return received;
}

}  // namespace

KafkaSource::KafkaSource(KafkaSourceOptions options)
    : KafkaOwner(options.kafka.log),
      options_(std::move(options)),
      taken_(std::make_shared<TakenPartitions>()) {}

absl::StatusOr<std::unique_ptr<KafkaSource>> KafkaSource::Create(KafkaSourceOptions options) {
  if (options.group.empty() || options.topics.empty() || options.max_unacked == 0) {
    return absl::InvalidArgumentError("a Kafka source needs a group, a topic and some room");
  }
  std::unique_ptr<KafkaSource> source(new KafkaSource(std::move(options)));
  absl::StatusOr<KafkaClient> client = source->NewClient();
  if (!client.ok()) return client.status();
  source->settings_ = EffectiveKafkaSettings(client->get());
  source->first_client_ = *std::move(client);
  return source;
}

KafkaSource::~KafkaSource() { Stop(); }

absl::StatusOr<KafkaClient> KafkaSource::NewClient() {
  KafkaPlan plan{.options = &options_.kafka,
                 .ours = {{"session.timeout.ms", "10000"},
                          {"heartbeat.interval.ms", "2000"},
                          {"fetch.error.backoff.ms", "100"},
                          {"queued.min.messages", "10000"},
                          {"queued.max.messages.kbytes", "16384"}},
                 .fixed = {{"group.id", options_.group},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           {"auto.offset.reset", "earliest"},
                           {"isolation.level", "read_committed"},
                           {"partition.assignment.strategy", "cooperative-sticky"}}};
  if (!options_.instance.empty()) plan.fixed.emplace_back("group.instance.id", options_.instance);
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf(plan, this);
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_rebalance_cb(conf->get(), OnRebalance);
  rd_kafka_conf_set_offset_commit_cb(conf->get(), OnCommit);
  absl::StatusOr<KafkaClient> client = MakeKafkaClient(RD_KAFKA_CONSUMER, *std::move(conf));
  if (client.ok()) rd_kafka_poll_set_consumer(client->get());
  return client;
}

void KafkaSource::Start(Handler handler) {
  SAGA_CHECK(!thread_.joinable() && first_client_ != nullptr);
  handler_ = std::move(handler);
  thread_ = std::thread([this] { Run(std::move(first_client_)); });
}

void KafkaSource::Stop() {
  if (!stopping_.exchange(true)) stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

void KafkaSource::Run(KafkaClient client) {
  while (client != nullptr) {
    Consume(client.get());
    Close(std::move(client));
    // Something fatal, such as another member of the same name: try again, as a new one.
    while (!stop_.WaitForNotificationWithTimeout(kRecreatePause)) {
      absl::StatusOr<KafkaClient> fresh = NewClient();
      if (fresh.ok()) {
        client = *std::move(fresh);
        break;
      }
      Log(KafkaLogLevel::kError, std::string(fresh.status().message()));
    }
  }
}

void KafkaSource::Consume(rd_kafka_t* client) {
  taken_->Use(client);
  paused_ = false;
  down_ = false;
  next_commit_ = absl::Now() + kCommitPause;
  fatal_.store(false);
  const KafkaPartitions topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(client, topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) OnKafkaError(RD_KAFKA_RESP_ERR__FATAL, "subscribe");
  while (!stop_.HasBeenNotified() && !fatal_.load()) {
    KeepWithinLimit(client);
    CommitNews(client);
    const KafkaMessage message(rd_kafka_consumer_poll(client, kPollMillis));
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      down_ = false;
      Hand(*message);
    } else {
      OnKafkaError(message->err, rd_kafka_message_errstr(message.get()));
    }
  }
}

void KafkaSource::Hand(const rd_kafka_message_t& message) {
  port::Received received = ReceivedFrom(message);
  absl::AnyInvocable<void()> ack =
      taken_->HandOut(received.message.topic, received.partition, received.offset);
  if (ack != nullptr) handler_(std::move(received), std::move(ack));
}

void KafkaSource::KeepWithinLimit(rd_kafka_t* client) {
  const size_t limit = options_.max_unacked;
  if (paused_) {
    if (taken_->Open() <= limit / 2) SetPaused(client, false);
  } else if (!taken_->WaitForRoom(limit, kPatience)) {
    SetPaused(client, true);
  }
}

void KafkaSource::SetPaused(rd_kafka_t* client, bool paused) {
  paused_ = paused;
  Log(KafkaLogLevel::kInfo,
      absl::StrCat("Group ", options_.group, ": ",
                   paused ? "pauses, too many messages are not acknowledged" : "goes on"));
  rd_kafka_topic_partition_list_t* list = nullptr;
  if (rd_kafka_assignment(client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const KafkaPartitions partitions(list);
  if (paused) {
    rd_kafka_pause_partitions(client, partitions.get());
  } else {
    rd_kafka_resume_partitions(client, partitions.get());
  }
}

void KafkaSource::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t event,
                              rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* const self = static_cast<KafkaSource*>(static_cast<KafkaOwner*>(opaque));
  rd_kafka_error_t* error = nullptr;
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->taken_->Add(*partitions);
    error = rd_kafka_incremental_assign(client, partitions);
    if (self->paused_) rd_kafka_pause_partitions(client, partitions);
  } else {
    // What is acknowledged by now; nobody would believe it of partitions that are lost already.
    if (!self->down_ && rd_kafka_assignment_lost(client) == 0) {
      rd_kafka_commit(client, nullptr, /*async=*/0);
    }
    self->taken_->Remove(*partitions);
    error = rd_kafka_incremental_unassign(client, partitions);
  }
  self->Log(KafkaLogLevel::kInfo,
            absl::StrCat("Group ", self->options_.group, ": ",
                         event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "got " : "gave ",
                         partitions->cnt, " partitions"));
  if (error == nullptr) return;
  self->Log(KafkaLogLevel::kError, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
}

void KafkaSource::OnKafkaError(rd_kafka_resp_err_t error, const std::string& text) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    Log(KafkaLogLevel::kError, absl::StrCat("The Kafka consumer is replaced: ", text));
    fatal_.store(true);
  } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!std::exchange(down_, true)) Log(KafkaLogLevel::kWarning, text);
  } else if (error == RD_KAFKA_RESP_ERR__TRANSPORT) {
    Log(KafkaLogLevel::kDebug, text);
  } else {
    Log(KafkaLogLevel::kWarning, text);
  }
}

bool KafkaSource::Answers(rd_kafka_t* client, absl::Duration timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client, /*all_topics=*/0, nullptr, &metadata,
                        static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  const KafkaMetadata owner(metadata);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

// A commit that finds no coordinator stays in librdkafka as long as a session lasts, and the client
// cannot be destroyed before that. So nothing is committed while the broker is away.
void KafkaSource::CommitNews(rd_kafka_t* client) {
  const absl::Time now = absl::Now();
  if (now < next_commit_ || !taken_->TakeNews()) return;
  next_commit_ = now + kCommitPause;
  down_ = down_ && !Answers(client, kShortProbe);
  if (down_ || rd_kafka_commit(client, nullptr, /*async=*/1) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    taken_->KeepNews();
  }
}

void KafkaSource::OnCommit(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*,
                           void* opaque) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  auto* const self = static_cast<KafkaSource*>(static_cast<KafkaOwner*>(opaque));
  self->Log(KafkaLogLevel::kInfo,
            absl::StrCat("Group ", self->options_.group,
                         ": offsets are to be committed again: ", rd_kafka_err2str(error)));
  self->taken_->KeepNews();
}

// Commits and leaves the group, which happens in OnRebalance. With nobody to tell it to, it goes
// without a word.
void KafkaSource::Close(KafkaClient client) {
  down_ = !Answers(client.get(), down_ ? kShortProbe : kLongProbe);
  if (!down_) rd_kafka_consumer_close(client.get());
  taken_->Forget();
  if (!down_) return;
  Log(KafkaLogLevel::kWarning,
      absl::StrCat("Group ", options_.group, ": left without a word, nobody answers"));
  rd_kafka_destroy_flags(client.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

}  // namespace saga::adapter
