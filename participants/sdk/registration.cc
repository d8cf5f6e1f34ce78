#include "participants/sdk/registration.h"

#include <grpcpp/grpcpp.h>
#include <pthread.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "participants/sdk/grpc_skin.h"
#include "participants/sdk/log_line.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(2);
// Between tries that fail; doubles from the first to the second.
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(2);
constexpr int kHeartbeatsOfALease = 3;

// gRPC's own pause between tries to connect must not be longer than ours.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

v1::RegisterRequest RequestOf(const RegistrationOptions& options) {
  v1::RegisterRequest request;
  request.set_participant(options.participant);
  request.set_instance(options.instance);
  request.set_protocol(options.protocol);
  for (const Operation& operation : options.operations) {
    v1::Operation* const added = request.add_operations();
    added->set_name(operation.name);
    added->set_method(operation.method);
    added->set_kind(operation.kind);
    added->set_idempotent(operation.idempotent);
  }
  request.set_command_topic(options.command_topic);
  request.set_capacity(options.capacity);
  request.set_lease_s(
      static_cast<uint32_t>(absl::ToInt64Seconds(absl::Ceil(options.lease, absl::Seconds(1)))));
  request.set_attempt_limit(options.attempt_limit);
  request.set_version(options.version);
  return request;
}

}  // namespace

class Registration::Impl {
 public:
  explicit Impl(RegistrationOptions options)
      : options_(std::move(options)),
        stub_(v1::Registry::NewStub(ChannelTo(options_.orchestrator))) {}

  ~Impl() { Stop(); }

  void Start() {
    thread_ = std::thread([this] { Run(); });
    ::pthread_setname_np(thread_.native_handle(), "registration");
  }

  void SetServing(bool serving) {
    const absl::MutexLock lock(&mutex_);
    due_ = due_ || serving_ != serving;
    serving_ = serving;
  }

  RegistrationState state() const {
    const absl::MutexLock lock(&mutex_);
    return state_;
  }

  absl::Status Deregister(absl::Duration timeout) {
    Stop();
    // What was on its way when it was stopped may have arrived.
    v1::DeregisterRequest request;
    request.set_participant(options_.participant);
    request.set_instance(options_.instance);
    v1::DeregisterReply reply;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    absl::Status left = FromGrpc(stub_->Deregister(&context, request, &reply));
    if (absl::IsNotFound(left)) left = absl::OkStatus();
    const absl::MutexLock lock(&mutex_);
    state_.registered = false;
    if (left.ok()) {
      LogLine(LogLevel::kInfo, "deregistered")
          .Set("calls_out", static_cast<int64_t>(reply.calls_out()));
    } else {
      LogLine(LogLevel::kWarning, "sagad cannot be told that this instance leaves")
          .Set("error", left.ToString());
    }
    return left;
  }

 private:
  void Stop() {
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
      if (call_ != nullptr) call_->TryCancel();
    }
    if (thread_.joinable()) thread_.join();
  }

  void Run() {
    absl::Duration pause = kFirstPause;
    bool registered = false;
    while (true) {
      const absl::Status told = registered ? Beat() : Register();
      if (told.ok()) {
        // A registration says nothing of serving, so the first heartbeat follows at once.
        const bool first = !std::exchange(registered, true);
        pause = kFirstPause;
        if (!Wait(first ? absl::ZeroDuration() : BeatPause())) return;
        continue;
      }
      if (absl::IsNotFound(told)) registered = false;
      if (!Wait(pause)) return;
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  // False: time to stop.
  bool Wait(absl::Duration pause) {
    const absl::MutexLock lock(&mutex_);
    const auto wanted = [this]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || due_; };
    mutex_.AwaitWithTimeout(absl::Condition(&wanted), pause);
    due_ = false;
    return !stopping_;
  }

  absl::Duration BeatPause() const {
    const absl::MutexLock lock(&mutex_);
    return state_.lease / kHeartbeatsOfALease;
  }

  absl::Status Register() {
    v1::RegisterReply reply;
    const absl::Status told = Call([&](grpc::ClientContext* context) {
      return stub_->Register(context, RequestOf(options_), &reply);
    });
    const absl::MutexLock lock(&mutex_);
    if (!told.ok()) {
      Failed(told, "cannot register at sagad");
      return told;
    }
    state_ = {.registered = true,
              .lease = absl::Seconds(reply.lease_s()),
              .reply_topic = reply.reply_topic(),
              .kafka_brokers = reply.kafka_brokers(),
              .problem = ""};
    LogLine(LogLevel::kInfo, "registered")
        .Set("orchestrator", options_.orchestrator)
        .Set("participant", options_.participant)
        .Set("instance", options_.instance)
        .Set("lease_s", static_cast<int64_t>(reply.lease_s()));
    return told;
  }

  absl::Status Beat() {
    v1::HeartbeatRequest request;
    request.set_participant(options_.participant);
    request.set_instance(options_.instance);
    {
      const absl::MutexLock lock(&mutex_);
      request.set_serving(serving_);
    }
    v1::HeartbeatReply reply;
    const absl::Status told = Call(
        [&](grpc::ClientContext* context) { return stub_->Heartbeat(context, request, &reply); });
    const absl::MutexLock lock(&mutex_);
    if (!told.ok()) {
      if (absl::IsNotFound(told)) state_.registered = false;
      Failed(told, "a heartbeat failed");
      return told;
    }
    state_.problem.clear();
    state_.lease = absl::Seconds(reply.lease_s());
    return told;
  }

  // One line for a problem, not one for each try.
  void Failed(const absl::Status& status, absl::string_view what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!stopping_ && state_.problem.empty()) {
      LogLine(LogLevel::kWarning, what)
          .Set("orchestrator", options_.orchestrator)
          .Set("error", status.ToString());
    }
    state_.problem = status.ToString();
  }

  template <typename Make>
  absl::Status Call(Make make) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    {
      const absl::MutexLock lock(&mutex_);
      if (stopping_) return absl::CancelledError("stopping");
      call_ = &context;
    }
    const absl::Status told = FromGrpc(make(&context));
    const absl::MutexLock lock(&mutex_);
    call_ = nullptr;
    return told;
  }

  const RegistrationOptions options_;
  const std::unique_ptr<v1::Registry::Stub> stub_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  bool due_ ABSL_GUARDED_BY(mutex_) = false;                     // a heartbeat before its time
  grpc::ClientContext* call_ ABSL_GUARDED_BY(mutex_) = nullptr;  // the one that is out
  RegistrationState state_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

Registration::Registration(RegistrationOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Registration::~Registration() = default;

void Registration::Start() { impl_->Start(); }

void Registration::SetServing(bool serving) { impl_->SetServing(serving); }

RegistrationState Registration::state() const { return impl_->state(); }

absl::Status Registration::Deregister(absl::Duration timeout) { return impl_->Deregister(timeout); }

}  // namespace saga::participants::sdk
