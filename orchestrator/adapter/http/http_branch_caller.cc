#include "orchestrator/adapter/http/http_branch_caller.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/http/http_request.h"
#include "orchestrator/adapter/http/http_transfer.h"
#include "orchestrator/adapter/http/libcurl.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kIdlePollMs =
    60 * 60 * 1000;  // libcurl's own timers make it shorter when they have to
// While calls wait for a free place, their timeouts are looked after this often.
constexpr std::chrono::milliseconds kWaitingCheck{20};
constexpr char kStopping[] = "sagad is stopping";
constexpr char kTimedOutWaiting[] =
    "HTTP call failed: timed out while waiting for a free connection";

port::BranchReply Stopping() {
  return {
      .outcome = core::Outcome::kUnknown, .text = kStopping, .reach = port::Reach::kUnreachable};
}

port::BranchReply TimedOutWaiting() {
  return {.outcome = core::Outcome::kUnknown,
          .text = kTimedOutWaiting,
          .reach = port::Reach::kTimedOut};
}

// Long enough for any timeout a client may name, short enough not to run over the end of the clock.
SteadyClock::time_point DeadlineIn(base::Duration timeout) {
  constexpr std::chrono::hours kLongest{24 * 365};
  const std::chrono::microseconds wanted{std::max<int64_t>(timeout.micros, 0)};
  return SteadyClock::now() + std::min<std::chrono::microseconds>(wanted, kLongest);
}

}  // namespace

class HttpBranchCaller::Impl {
 public:
  explicit Impl(const HttpBranchCallerOptions& options) : options_(options) {
    SAGA_CHECK(options_.max_active > 0);
    StartLibcurl();
    multi_ = curl_multi_init();
    SAGA_CHECK(multi_ != nullptr);
    const auto idle = static_cast<long>(options_.max_idle_connections);
    SAGA_CHECK(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle) == CURLM_OK);
    SAGA_CHECK(curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK);
    thread_ = std::thread([this] { Run(); });
    ::pthread_setname_np(thread_.native_handle(), "http-caller");
  }

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    idle_.clear();
    curl_multi_cleanup(multi_);
  }

  void Call(const port::BranchCall& call, Done done) {
    HttpCall prepared{MakeHttpRequest(call, options_.user_agent, ++calls_),
                      DeadlineIn(call.timeout), std::move(done)};
    if (!prepared.request.error.empty()) {
      // As it is, the call can never be made.
      return prepared.done({.outcome = core::Outcome::kUnknown,
                            .text = std::move(prepared.request.error),
                            .hopeless = core::DeadReason::kContract});
    }
    bool refused = false;
    bool wake = false;
    {
      absl::MutexLock lock(&mutex_);
      refused = stopping_;
      wake = !refused && inbox_.empty();
      if (!refused) inbox_.push_back(std::move(prepared));
    }
    if (refused) prepared.done(Stopping());
    // The thread takes the whole inbox, so only the first call in it has to wake it.
    if (wake) curl_multi_wakeup(multi_);
  }

 private:
  void Run() {
    while (TakeInbox()) {
      StartWaiting();
      int running = 0;
      SAGA_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      // A call that ended makes room for one that waits: start it before going to sleep.
      if (FinishEnded() && !waiting_.empty()) continue;
      const int sleep_ms = waiting_.empty() ? kIdlePollMs : static_cast<int>(kWaitingCheck.count());
      SAGA_CHECK(curl_multi_poll(multi_, nullptr, 0, sleep_ms, nullptr) == CURLM_OK);
    }
    AbandonAll();
  }

  // False: time to stop.
  bool TakeInbox() {
    std::vector<HttpCall> arrived;
    {
      absl::MutexLock lock(&mutex_);
      arrived.swap(inbox_);
      if (stopping_) {
        for (HttpCall& call : arrived) waiting_.push_back(std::move(call));
        return false;
      }
    }
    for (HttpCall& call : arrived) waiting_.push_back(std::move(call));
    return true;
  }

  void StartWaiting() {
    if (waiting_.empty()) return;
    const SteadyClock::time_point now = SteadyClock::now();
    while (!waiting_.empty() && active_.size() < options_.max_active) {
      HttpCall call = std::move(waiting_.front());
      waiting_.pop_front();
      Start(std::move(call), now);
    }
    if (now - last_check_ < kWaitingCheck) return;
    last_check_ = now;
    const auto expired =
        std::stable_partition(waiting_.begin(), waiting_.end(),
                              [now](const HttpCall& call) { return call.deadline > now; });
    std::vector<HttpCall> given_up(std::make_move_iterator(expired),
                                   std::make_move_iterator(waiting_.end()));
    waiting_.erase(expired, waiting_.end());
    for (HttpCall& call : given_up) call.done(TimedOutWaiting());
  }

  void Start(HttpCall call, SteadyClock::time_point now) {
    if (call.deadline <= now) return call.done(TimedOutWaiting());
    std::unique_ptr<HttpTransfer> transfer;
    if (idle_.empty()) {
      transfer = std::make_unique<HttpTransfer>();
    } else {
      transfer = std::move(idle_.back());
      idle_.pop_back();
    }
    if (!transfer->Begin(std::move(call), now) ||
        curl_multi_add_handle(multi_, transfer->handle()) != CURLM_OK) {
      transfer->Abandon("HTTP call could not be started", port::Reach::kAnswered);
      return;
    }
    HttpTransfer* const started = transfer.get();
    active_.emplace(started, std::move(transfer));
  }

  // True when a call ended.
  bool FinishEnded() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      // The message does not outlive the removal of its handle.
      const CURLcode result = message->data.result;
      HttpTransfer* const ended = HttpTransfer::Of(message->easy_handle);
      SAGA_CHECK(curl_multi_remove_handle(multi_, ended->handle()) == CURLM_OK);
      ended->End(result);
      Retire(ended);
      any = true;
    }
    return any;
  }

  void Retire(HttpTransfer* transfer) {
    const auto found = active_.find(transfer);
    SAGA_CHECK(found != active_.end());
    if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(found->second));
    active_.erase(found);
  }

  void AbandonAll() {
    for (auto& [transfer, owner] : active_) {
      SAGA_CHECK(curl_multi_remove_handle(multi_, transfer->handle()) == CURLM_OK);
      transfer->Abandon(kStopping, port::Reach::kUnreachable);
    }
    active_.clear();
    for (HttpCall& call : waiting_) call.done(Stopping());
    waiting_.clear();
  }

  const HttpBranchCallerOptions options_;
  // Starts at the time of day, so that it goes on where the process before this one left off.
  std::atomic<uint64_t> calls_{static_cast<uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1))};
  CURLM* multi_ = nullptr;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<HttpCall> inbox_ ABSL_GUARDED_BY(mutex_);

  // Of the thread alone.
  std::deque<HttpCall> waiting_;
  absl::flat_hash_map<HttpTransfer*, std::unique_ptr<HttpTransfer>> active_;
  std::vector<std::unique_ptr<HttpTransfer>> idle_;
  SteadyClock::time_point last_check_;

  std::thread thread_;
};

HttpBranchCaller::HttpBranchCaller(const HttpBranchCallerOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}

HttpBranchCaller::~HttpBranchCaller() = default;

void HttpBranchCaller::Call(port::BranchCall call, Done done) {
  impl_->Call(call, std::move(done));
}

}  // namespace saga::adapter
