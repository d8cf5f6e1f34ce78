#include "tests/e2e/participant.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/base/check.h"

namespace saga::e2e {
namespace {

std::string Metadata(const grpc::ServerContextBase& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  return found == context.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

// One call. Answers once, when told to; deletes itself at its end.
class Call final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(std::function<void(Call*)> received) : received_(std::move(received)) {
    StartRead(&request_);
  }

  void OnReadDone(bool) override { received_(this); }
  void OnDone() override { delete this; }

  void Answer() { StartWriteAndFinish(&reply_, {}, grpc::Status::OK); }
  void AnswerAfter(absl::Duration delay) {
    alarm_.Set(absl::ToChronoTime(absl::Now() + delay), [this](bool) { Answer(); });
  }

 private:
  const std::function<void(Call*)> received_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_{[] {
    const grpc::Slice empty("");
    return grpc::ByteBuffer(&empty, 1);
  }()};
  grpc::Alarm alarm_;
};

}  // namespace

class Participant::Impl final : public grpc::CallbackGenericService {
 public:
  explicit Impl(absl::Duration delay) : delay_(delay) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    SAGA_CHECK(server_ != nullptr && port_ != 0);
  }

  ~Impl() override {
    Release();
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    {
      absl::MutexLock lock(&mutex_);
      ++calls_[Metadata(*context, "dtm-gid")][absl::StrCat(Metadata(*context, "dtm-branch_id"), " ",
                                                           Metadata(*context, "dtm-op"))];
    }
    return new Call([this](Call* call) { Received(call); });
  }

  void Received(Call* call) {
    {
      absl::MutexLock lock(&mutex_);
      if (hold_) {
        held_.push_back(call);
        return;
      }
    }
    if (delay_ > absl::ZeroDuration()) {
      call->AnswerAfter(delay_);
    } else {
      call->Answer();
    }
  }

  void Release() {
    std::vector<Call*> held;
    {
      absl::MutexLock lock(&mutex_);
      hold_ = false;
      held.swap(held_);
    }
    for (Call* call : held) call->Answer();
  }

  const absl::Duration delay_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Call*> held_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::map<std::string, int>> calls_ ABSL_GUARDED_BY(mutex_);
};

Participant::Participant(absl::Duration delay) : impl_(std::make_unique<Impl>(delay)) {}

Participant::~Participant() = default;

std::string Participant::Target(const std::string& method) const {
  return absl::StrCat("127.0.0.1:", impl_->port_, "/test.Participant/", method);
}

void Participant::Hold() {
  absl::MutexLock lock(&impl_->mutex_);
  impl_->hold_ = true;
}

void Participant::Release() { impl_->Release(); }

size_t Participant::Held() const {
  absl::MutexLock lock(&impl_->mutex_);
  return impl_->held_.size();
}

std::map<std::string, int> Participant::CallsOf(const std::string& gid) const {
  absl::MutexLock lock(&impl_->mutex_);
  const auto found = impl_->calls_.find(gid);
  return found == impl_->calls_.end() ? std::map<std::string, int>() : found->second;
}

std::set<std::string> Participant::Gids() const {
  absl::MutexLock lock(&impl_->mutex_);
  std::set<std::string> gids;
  for (const auto& [gid, calls] : impl_->calls_) gids.insert(gid);
  return gids;
}

size_t Participant::Calls() const {
  absl::MutexLock lock(&impl_->mutex_);
  size_t total = 0;
  for (const auto& [gid, calls] : impl_->calls_) {
    for (const auto& [branch, count] : calls) total += static_cast<size_t>(count);
  }
  return total;
}

}  // namespace saga::e2e
