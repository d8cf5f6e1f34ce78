#include "orchestrator/adapter/kafka/kafka_publisher.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

constexpr int kPollMillis = 100;
constexpr int kProbeTimeoutMillis = 800;
constexpr absl::Duration kProbePause = absl::Milliseconds(500);
constexpr absl::Duration kRecreatePause = absl::Seconds(1);
// More than max_in_flight is never in there, so that librdkafka's own limits are not met first.
constexpr char kQueueKilobytes[] = "1048576";

// What comes back with the delivery report.
struct Ticket {
  port::MessagePublisher::Done done;
};

rd_kafka_resp_err_t Produce(rd_kafka_t* client, const base::Message& message, Ticket* ticket) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    SAGA_CHECK(rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                                   value.data(), static_cast<ssize_t>(value.size())) ==
               RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  const std::string& value = base::Value(message.value);
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client, RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE(ticket), RD_KAFKA_V_END);
  // They go with a message that is taken, and stay ours otherwise.
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return error;
}

}  // namespace

KafkaPublisher::KafkaPublisher(KafkaPublisherOptions options)
    : KafkaOwner(options.kafka.log), options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<KafkaPublisher>> KafkaPublisher::Create(
    KafkaPublisherOptions options) {
  std::unique_ptr<KafkaPublisher> publisher(new KafkaPublisher(std::move(options)));
  absl::StatusOr<KafkaClient> client = publisher->NewClient();
  if (!client.ok()) return client.status();
  publisher->settings_ = EffectiveKafkaSettings(client->get());
  {
    absl::MutexLock lock(&publisher->client_mutex_);
    publisher->client_ = *std::move(client);
  }
  KafkaPublisher* const self = publisher.get();
  publisher->server_ = std::thread([self] { self->Serve(); });
  publisher->prober_ = std::thread([self] { self->Probe(); });
  return publisher;
}

KafkaPublisher::~KafkaPublisher() {
  if (!server_.joinable()) return;  // Create gave up
  stop_.Notify();
  prober_.join();
  server_.join();
  SAGA_CHECK(in_flight_.load() == 0);
}

absl::StatusOr<KafkaClient> KafkaPublisher::NewClient() {
  const KafkaPlan plan{
      .options = &options_.kafka,
      .ours = {{"linger.ms", "1"},
               {"queue.buffering.max.messages", absl::StrCat(options_.max_in_flight + 1)},
               {"queue.buffering.max.kbytes", kQueueKilobytes}},
      .fixed = {{"enable.idempotence", "true"},
                {"acks", "all"},
                {"partitioner", "murmur2_random"},
                {"message.timeout.ms", "0"}}};
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf(plan, this);
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), OnDelivery);
  return MakeKafkaClient(RD_KAFKA_PRODUCER, *std::move(conf));
}

bool KafkaPublisher::Publish(const base::Message& message, Done done) {
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) >= options_.max_in_flight) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  auto ticket = std::make_unique<Ticket>(Ticket{std::move(done)});
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__QUEUE_FULL;
  {
    absl::ReaderMutexLock lock(&client_mutex_);
    if (client_ != nullptr) error = Produce(client_.get(), message, ticket.get());
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<void>(ticket.release());  // OnDelivery's now
    return true;
  }
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL || error == RD_KAFKA_RESP_ERR__FATAL) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  absl::MutexLock lock(&refused_mutex_);
  refused_.emplace_back(std::move(ticket->done),
                        KafkaStatus(error, absl::StrCat("publishing to ", message.topic)));
  return true;
}

void KafkaPublisher::Finish(Done done, const absl::Status& status) {
  std::move(done)(status);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

void KafkaPublisher::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* const self = static_cast<KafkaPublisher*>(static_cast<KafkaOwner*>(opaque));
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    self->SetReachable(true, "a message was delivered");
    self->Finish(std::move(ticket->done), absl::OkStatus());
    return;
  }
  self->Finish(
      std::move(ticket->done),
      KafkaStatus(message->err, absl::StrCat("publishing to ", rd_kafka_topic_name(message->rkt))));
}

void KafkaPublisher::OnKafkaError(rd_kafka_resp_err_t error, const std::string& text) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    SetReachable(false, text);
  } else if (error == RD_KAFKA_RESP_ERR__FATAL) {
    fatal_.store(true);
  } else {
    // Connections that come and go are told once, by SetReachable.
    Log(KafkaLogLevel::kDebug, text);
  }
}

void KafkaPublisher::SetReachable(bool reachable, absl::string_view why) {
  if (reachable_.load(std::memory_order_relaxed) == reachable) return;
  if (reachable_.exchange(reachable) == reachable) return;
  Log(reachable ? KafkaLogLevel::kInfo : KafkaLogLevel::kWarning,
      absl::StrCat(reachable ? "Kafka can be reached: " : "Kafka cannot be reached: ", why));
}

rd_kafka_t* KafkaPublisher::Client() {
  absl::ReaderMutexLock lock(&client_mutex_);
  return client_.get();
}

void KafkaPublisher::FinishRefused() {
  std::vector<std::pair<Done, absl::Status>> refused;
  {
    absl::MutexLock lock(&refused_mutex_);
    refused.swap(refused_);
  }
  for (auto& [done, status] : refused) Finish(std::move(done), status);
}

void KafkaPublisher::Serve() {
  while (!stop_.HasBeenNotified()) {
    rd_kafka_poll(Client(), kPollMillis);
    FinishRefused();
    if (fatal_.exchange(false)) Replace();
  }
  KafkaClient last;
  {
    absl::MutexLock lock(&client_mutex_);
    last = std::move(client_);
  }
  if (last != nullptr) {
    const int64_t patience_millis = options_.close_timeout.micros / 1000;
    if (Reachable()) rd_kafka_flush(last.get(), static_cast<int>(patience_millis));
    Drop(std::move(last));
  }
  FinishRefused();
}

void KafkaPublisher::Drop(KafkaClient client) {
  rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(client.get()) > 0) rd_kafka_poll(client.get(), kPollMillis);
}

// A producer that met something fatal takes nothing any more. Everything in it is told that it may
// be published or not, and a new one begins.
void KafkaPublisher::Replace() {
  KafkaClient old;
  {
    absl::MutexLock lock(&client_mutex_);
    old = std::move(client_);
  }
  char why[512] = "";
  rd_kafka_fatal_error(old.get(), why, sizeof(why));
  Log(KafkaLogLevel::kError, absl::StrCat("The Kafka producer is replaced: ", why));
  Drop(std::move(old));
  absl::StatusOr<KafkaClient> fresh = NewClient();
  while (!fresh.ok()) {  // out of threads or files: as good as a broker that is away
    Log(KafkaLogLevel::kError, std::string(fresh.status().message()));
    if (stop_.WaitForNotificationWithTimeout(kRecreatePause)) break;
    fresh = NewClient();
  }
  if (!fresh.ok()) fresh = KafkaClient();
  absl::MutexLock lock(&client_mutex_);
  client_ = *std::move(fresh);
}

void KafkaPublisher::Probe() {
  do {
    absl::ReaderMutexLock lock(&client_mutex_);
    if (client_ == nullptr) continue;
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(client_.get(), /*all_topics=*/0, nullptr, &metadata, kProbeTimeoutMillis);
    const KafkaMetadata owner(metadata);
    SetReachable(error == RD_KAFKA_RESP_ERR_NO_ERROR,
                 error == RD_KAFKA_RESP_ERR_NO_ERROR ? "it answers" : rd_kafka_err2str(error));
  } while (!stop_.WaitForNotificationWithTimeout(kProbePause));
}

}  // namespace saga::adapter
