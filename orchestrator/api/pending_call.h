#pragma once

// Calls of our own gRPC services: ended at once, by a thread that may wait for the store, or by
// whoever answers later. Every call ends exactly once, with its answer or when its client goes
// away, whichever is first.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/reader_pool.h"

namespace saga::api {

// The codes of both have the same numbers.
inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

// A call whose answer comes later. Held by the call and by whoever is to answer it. Thread-safe.
class PendingCall {
 public:
  explicit PendingCall(grpc::ServerUnaryReactor* reactor) : reactor_(reactor) {}

  // True when this ended the call. `fill` writes the reply, which is only there as long as the call
  // is.
  template <typename Fill>
  bool Finish(const absl::Status& status, Fill fill) {
    grpc::ServerUnaryReactor* reactor = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      reactor = std::exchange(reactor_, nullptr);
    }
    if (reactor == nullptr) return false;
    if (status.ok()) fill();
    reactor->Finish(ToGrpc(status));
    return true;
  }

  // Runs `on_cancel` when the client goes away, at once when it has.
  void WhenCancelled(absl::AnyInvocable<void()> on_cancel) {
    {
      absl::MutexLock lock(&mutex_);
      if (!cancelled_) {
        on_cancel_ = std::move(on_cancel);
        return;
      }
    }
    on_cancel();
  }

  void Cancel() {
    absl::AnyInvocable<void()> on_cancel;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      on_cancel = std::move(on_cancel_);
    }
    if (on_cancel) on_cancel();
    Finish(absl::CancelledError("the caller went away"), [] {});
  }

 private:
  absl::Mutex mutex_;
  grpc::ServerUnaryReactor* reactor_ ABSL_GUARDED_BY(mutex_);  // null once finished
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::AnyInvocable<void()> on_cancel_ ABSL_GUARDED_BY(mutex_);
};

class WaitingReactor : public grpc::ServerUnaryReactor {
 public:
  WaitingReactor() : call_(std::make_shared<PendingCall>(this)) {}
  std::shared_ptr<PendingCall> call() const { return call_; }

 private:
  void OnCancel() override { call_->Cancel(); }
  void OnDone() override { delete this; }

  const std::shared_ptr<PendingCall> call_;
};

inline grpc::ServerUnaryReactor* FinishNow(grpc::CallbackServerContext* context,
                                           const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

// Answers with what `work` says, which runs on `pool` and fills a reply of its own: the call's goes
// when its client does. `pool` and what `work` uses outlive the call. A full pool is
// RESOURCE_EXHAUSTED.
template <typename Reply, typename Work>
grpc::ServerUnaryReactor* AnswerFromPool(ReaderPool& pool, Reply* reply, Work work) {
  auto* reactor = new WaitingReactor();
  const std::shared_ptr<PendingCall> call = reactor->call();
  const bool taken = pool.Run([call, reply, work = std::move(work)]() mutable {
    Reply filled;
    const absl::Status status = work(filled);
    call->Finish(status, [&] { *reply = std::move(filled); });
  });
  if (!taken) {
    call->Finish(absl::ResourceExhaustedError("too many requests wait for the store; try again"),
                 [] {});
  }
  return reactor;
}

}  // namespace saga::api
