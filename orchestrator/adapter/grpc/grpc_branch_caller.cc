#include "orchestrator/adapter/grpc/grpc_branch_caller.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <pthread.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/grpc/grpc_channels.h"
#include "orchestrator/adapter/grpc/grpc_metadata.h"
#include "orchestrator/adapter/grpc/grpc_reply.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/target.h"

namespace saga::adapter {
namespace {

// Payloads from this size on are sent from where they are; copying a smaller one is cheaper than
// sharing it.
constexpr size_t kSharedPayloadBytes = 4096;

grpc::ByteBuffer MessageOf(const base::Bytes& payload) {
  const std::string& bytes = base::Value(payload);
  if (bytes.size() < kSharedPayloadBytes) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    return grpc::ByteBuffer(&slice, 1);
  }
  auto* const owner = new base::Bytes(payload);
  const grpc::Slice slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* held) { delete static_cast<base::Bytes*>(held); }, owner);
  return grpc::ByteBuffer(&slice, 1);
}

gpr_timespec DeadlineIn(base::Duration timeout) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(timeout.micros, GPR_TIMESPAN));
}

// A call that is out, also its own tag in the completion queue.
struct OutCall {
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  grpc::ByteBuffer reply;  // never looked at
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  port::BranchCaller::Done done;
  // The list of all calls that are out.
  OutCall* previous = nullptr;
  OutCall* next = nullptr;
};

// As it is, the call can never be made.
port::BranchReply CannotCall(std::string text) {
  return {.outcome = core::Outcome::kUnknown,
          .text = std::move(text),
          .hopeless = core::DeadReason::kContract};
}

}  // namespace

class GrpcBranchCaller::Impl {
 public:
  explicit Impl(const GrpcBranchCallerOptions& options)
      : channels_(options.max_channels, options.user_agent) {
    SAGA_CHECK(options.pollers > 0);
    for (size_t i = 0; i < options.pollers; ++i) {
      pollers_.emplace_back([this] { Poll(); });
      ::pthread_setname_np(pollers_.back().native_handle(), "grpc-caller");
    }
  }

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      for (OutCall* call = first_; call != nullptr; call = call->next) call->context.TryCancel();
      auto none_out = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return first_ == nullptr; };
      mutex_.Await(absl::Condition(&none_out));
    }
    queue_.Shutdown();
    for (std::thread& poller : pollers_) poller.join();
  }

  void Call(const port::BranchCall& call, Done done) {
    const core::GrpcTarget target = core::SplitGrpcTarget(call.target);
    if (!target.error.empty()) return done(CannotCall(target.error));
    if (!IsSendableMethod(target.method)) {
      return done(CannotCall("gRPC method has bytes that cannot be sent"));
    }
    auto out = std::make_unique<OutCall>();
    out->channel = channels_.Get(target.address);
    if (out->channel == nullptr) {
      return done(CannotCall("gRPC address has bytes that cannot be sent"));
    }
    std::string refused = ForEachMetadata(call, [&](std::string key, std::string value) {
      out->context.AddMetadata(std::move(key), std::move(value));
    });
    if (!refused.empty()) return done(CannotCall(std::move(refused)));

    out->context.set_deadline(DeadlineIn(call.timeout));
    out->done = std::move(done);
    OutCall* const started = out.release();
    if (!Enter(started)) {
      Done refuse = std::move(started->done);
      delete started;
      return refuse({.outcome = core::Outcome::kUnknown,
                     .text = "sagad is stopping",
                     .reach = port::Reach::kUnreachable});
    }
    // Nobody else deletes `started` before its tag comes out of the queue, which Finish brings
    // about.
    const grpc::ByteBuffer message = MessageOf(call.payload);
    started->reader = grpc::GenericStub(started->channel)
                          .PrepareUnaryCall(&started->context, target.method, message, &queue_);
    started->reader->StartCall();
    started->reader->Finish(&started->reply, &started->status, started);
  }

 private:
  void Poll() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      auto* const call = static_cast<OutCall*>(tag);
      Done done = std::move(call->done);
      port::BranchReply reply = GrpcReply(call->status.error_code(), call->status.error_message());
      done(std::move(reply));
      Leave(call);
      delete call;
    }
  }

  // False: no more calls are made.
  bool Enter(OutCall* call) {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    call->next = first_;
    if (first_ != nullptr) first_->previous = call;
    first_ = call;
    return true;
  }

  void Leave(OutCall* call) {
    absl::MutexLock lock(&mutex_);
    if (call->next != nullptr) call->next->previous = call->previous;
    (call->previous != nullptr ? call->previous->next : first_) = call->next;
  }

  GrpcChannels channels_;
  grpc::CompletionQueue queue_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  OutCall* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::thread> pollers_;
};

GrpcBranchCaller::GrpcBranchCaller(const GrpcBranchCallerOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}

GrpcBranchCaller::~GrpcBranchCaller() = default;

void GrpcBranchCaller::Call(port::BranchCall call, Done done) {
  impl_->Call(call, std::move(done));
}

}  // namespace saga::adapter
