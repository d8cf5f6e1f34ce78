#include "orchestrator/api/registry.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::api {

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using HeartbeatReactor = grpc::ServerBidiReactor<v1::HeartbeatRequest, v1::HeartbeatReply>;

// The codes of both have the same numbers.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::StatusOr<core::Protocol> ProtocolOf(const std::string& word) {
  for (const core::Protocol protocol : {core::Protocol::kGrpc, core::Protocol::kHttp}) {
    if (core::WordOf(protocol) == word) return protocol;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("protocol is '", word.substr(0, 64), "' and must be grpc or http"));
}

absl::StatusOr<Registration> ToRegistration(const v1::RegisterRequest& request) {
  const absl::StatusOr<core::Protocol> protocol = ProtocolOf(request.protocol());
  if (!protocol.ok()) return protocol.status();
  Registration registration;
  registration.participant = request.participant();
  registration.instance = request.instance();
  registration.protocol = *protocol;
  for (const v1::Operation& operation : request.operations()) {
    registration.operations.push_back(
        {operation.name(), operation.method(), operation.kind(), operation.idempotent()});
  }
  registration.command_topic = request.command_topic();
  registration.capacity = request.capacity();
  registration.lease_s = request.lease_s();
  registration.attempt_limit = request.attempt_limit();
  registration.version = request.version();
  return registration;
}

const char* WordOf(InstanceState state) {
  switch (state) {
    case InstanceState::kLive:
      return "live";
    case InstanceState::kNotServing:
      return "not_serving";
    case InstanceState::kExpired:
      return "expired";
    case InstanceState::kUnreachable:
      return "unreachable";
  }
  return "";
}

void Fill(const InstanceView& view, v1::Instance* message) {
  message->set_instance(view.said.address);
  message->set_protocol(std::string(core::WordOf(view.said.protocol)));
  message->set_state(WordOf(view.state));
  message->set_in_flight(view.in_flight);
  message->set_calls(view.calls);
  message->set_capacity(view.said.capacity);
  message->set_registered_us(view.said.registered.micros);
  message->set_heartbeat_us(view.heartbeat.micros);
  message->set_lease_end_us(view.lease_end.micros);
  message->set_version(view.said.version);
}

void Fill(const ParticipantView& view, v1::Participant* message) {
  message->set_participant(view.name);
  for (const RegisteredOperation& said : view.operations) {
    v1::Operation* const operation = message->add_operations();
    operation->set_name(said.name);
    operation->set_method(said.method);
    operation->set_kind(said.kind);
    operation->set_idempotent(said.idempotent);
  }
  message->set_command_topic(view.command_topic);
  message->set_attempt_limit(view.attempt_limit);
  for (const InstanceView& instance : view.instances) Fill(instance, message->add_instances());
}

absl::Status TakeHeartbeat(Participants& participants, const v1::HeartbeatRequest& request,
                           v1::HeartbeatReply* reply) {
  const absl::StatusOr<uint32_t> lease =
      participants.Heartbeat(request.participant(), request.instance(), request.serving());
  if (lease.ok()) reply->set_lease_s(*lease);
  return lease.status();
}

class HeartbeatStreams;

// One stream of heartbeats: read, renew, reply, read the next.
class HeartbeatStream final : public HeartbeatReactor {
 public:
  HeartbeatStream(Participants& participants, HeartbeatStreams& streams)
      : participants_(participants), streams_(streams) {
    StartRead(&request_);
  }

  // Ends the stream as soon as no reply is on its way.
  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!end_.has_value()) end_ = status;
    FinishWhenIdle();
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (!ok && !end_.has_value()) end_ = grpc::Status::OK;
    if (end_.has_value()) return FinishWhenIdle();
    if (const absl::Status taken = TakeHeartbeat(participants_, request_, &reply_); !taken.ok()) {
      end_ = ToGrpc(taken);
      return FinishWhenIdle();
    }
    writing_ = true;
    StartWrite(&reply_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_.has_value()) end_ = grpc::Status::CANCELLED;
    if (end_.has_value()) return FinishWhenIdle();
    StartRead(&request_);
  }

  void OnDone() override;

 private:
  void FinishWhenIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    finished_ = true;
    Finish(*end_);
  }

  Participants& participants_;
  HeartbeatStreams& streams_;
  v1::HeartbeatRequest request_;
  v1::HeartbeatReply reply_;
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

// Those that are open.
class HeartbeatStreams {
 public:
  HeartbeatReactor* Open(Participants& participants) {
    absl::MutexLock lock(&mutex_);
    auto* const stream = new HeartbeatStream(participants, *this);
    open_.insert(stream);
    if (stopping_) stream->End(Stopping());
    return stream;
  }

  void Remove(HeartbeatStream* stream) {
    absl::MutexLock lock(&mutex_);
    open_.erase(stream);
  }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (HeartbeatStream* const stream : open_) stream->End(Stopping());
  }

 private:
  static grpc::Status Stopping() {
    return {grpc::StatusCode::UNAVAILABLE, "the server is stopping: try again when it is back"};
  }

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<HeartbeatStream*> open_ ABSL_GUARDED_BY(mutex_);
};

void HeartbeatStream::OnDone() {
  streams_.Remove(this);
  delete this;
}

}  // namespace

class RegistryService::Impl final : public v1::Registry::CallbackService {
 public:
  explicit Impl(Parts parts) : parts_(std::move(parts)) {}

  void StopStreams() { streams_.Stop(); }

 private:
  ServerUnaryReactor* Register(CallbackServerContext* context, const v1::RegisterRequest* request,
                               v1::RegisterReply* reply) override {
    absl::StatusOr<Registration> registration = ToRegistration(*request);
    if (!registration.ok()) return Answer(context, registration.status());
    return Change(context, [this, reply, registration = *std::move(registration)] {
      const absl::StatusOr<uint32_t> lease = parts_.participants->Register(registration);
      if (!lease.ok()) return lease.status();
      reply->set_lease_s(*lease);
      reply->set_reply_topic(parts_.reply_topic);
      reply->set_kafka_brokers(parts_.kafka_brokers);
      if (parts_.on_command_topic && !registration.command_topic.empty())
        parts_.on_command_topic(registration.command_topic);
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* Deregister(CallbackServerContext* context,
                                 const v1::DeregisterRequest* request,
                                 v1::DeregisterReply* reply) override {
    return Change(context, [this, reply, request] {
      const absl::StatusOr<uint32_t> calls_out =
          parts_.participants->Deregister(request->participant(), request->instance());
      if (calls_out.ok()) reply->set_calls_out(*calls_out);
      return calls_out.status();
    });
  }

  ServerUnaryReactor* Heartbeat(CallbackServerContext* context, const v1::HeartbeatRequest* request,
                                v1::HeartbeatReply* reply) override {
    return Answer(context, TakeHeartbeat(*parts_.participants, *request, reply));
  }

  HeartbeatReactor* HeartbeatStream(CallbackServerContext*) override {
    return streams_.Open(*parts_.participants);
  }

  ServerUnaryReactor* ListParticipants(CallbackServerContext* context,
                                       const v1::ListParticipantsRequest* request,
                                       v1::ListParticipantsReply* reply) override {
    for (const ParticipantView& view : parts_.participants->List(request->participant()))
      Fill(view, reply->add_participants());
    return Answer(context, absl::OkStatus());
  }

  // Carries out `change` on the thread that may wait for the disk. Request and reply live until the
  // call is finished.
  ServerUnaryReactor* Change(CallbackServerContext* context,
                             absl::AnyInvocable<absl::Status()> change) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    const bool taken = writer_.Run([reactor, change = std::move(change)]() mutable {
      const absl::Status changed = change();
      change = nullptr;
      reactor->Finish(ToGrpc(changed));
    });
    if (!taken) {
      reactor->Finish({grpc::StatusCode::UNAVAILABLE,
                       "too many registrations at once, try again (kRegistryQueue)"});
    }
    return reactor;
  }

  static ServerUnaryReactor* Answer(CallbackServerContext* context, const absl::Status& status) {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(status));
    return reactor;
  }

  const Parts parts_;
  HeartbeatStreams streams_;
  ReaderPool writer_{/*threads=*/1, core::kRegistryQueue};
};

RegistryService::RegistryService(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

RegistryService::~RegistryService() = default;

grpc::Service* RegistryService::service() { return impl_.get(); }

void RegistryService::Stop() { impl_->StopStreams(); }

}  // namespace saga::api
