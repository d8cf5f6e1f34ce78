#include "orchestrator/adapter/system/thread_executor.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>
#include <thread>
#include <utility>

#include "absl/base/call_once.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

// What the strand's thread is about. Only the thread itself goes from kAwake to kAsleep and from
// kScheduled to kAwake; anybody goes to kScheduled.
enum State : uint32_t {
  kAwake = 0,      // the body runs, or the thread decides what to do next; nothing new has come
  kScheduled = 1,  // the body has to run (once more)
  kAsleep = 2,     // in the kernel, or on the way there
};

constexpr int64_t kNoDeadline = INT64_MAX;
constexpr size_t kMaxThreadName = 15;  // the kernel's limit, without the closing zero

int64_t NowMicros(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

// The monotonic time at which the wall clock, if nobody sets it, reads `when`.
int64_t MonotonicDeadline(base::Time when) {
  if (when == base::kNever) return kNoDeadline;
  const int64_t left = when.micros - NowMicros(CLOCK_REALTIME);
  const int64_t now = NowMicros(CLOCK_MONOTONIC);
  if (left <= 0) return now;
  return left > kNoDeadline - now ? kNoDeadline : now + left;
}

class ThreadStrand final : public port::Strand {
 public:
  ThreadStrand(std::string name, std::function<void()> body) : body_(std::move(body)) {
    name.resize(std::min(name.size(), kMaxThreadName));
    thread_ = std::thread([this, name = std::move(name)] {
      ::pthread_setname_np(::pthread_self(), name.c_str());
      Run();
    });
  }

  ~ThreadStrand() override { Stop(); }

  void Notify() override {
    // Always an exchange, never a look first: the exchange orders what the caller wrote before what
    // the body reads.
    if (state_.exchange(kScheduled, std::memory_order_acq_rel) == kAsleep) WakeThread();
  }

  void WakeAt(base::Time when) override { deadline_ = MonotonicDeadline(when); }

  void Stop() override {
    absl::call_once(stop_once_, [this] {
      SAGA_CHECK(std::this_thread::get_id() != thread_.get_id());
      stop_.store(true, std::memory_order_release);
      Notify();
      thread_.join();
    });
  }

 private:
  void Run() {
    while (true) {
      WaitUntilOwed();
      if (stop_.load(std::memory_order_acquire)) return;
      body_();
    }
  }

  // Returns when the body has to run or the strand has to stop.
  void WaitUntilOwed() {
    while (state_.exchange(kAwake, std::memory_order_acq_rel) != kScheduled) {
      if (deadline_ != kNoDeadline && NowMicros(CLOCK_MONOTONIC) >= deadline_) {
        deadline_ = kNoDeadline;
        return;
      }
      uint32_t expected = kAwake;
      if (state_.compare_exchange_strong(expected, kAsleep, std::memory_order_acq_rel)) Sleep();
    }
  }

  void Sleep() {
    timespec until{};
    const bool bounded = deadline_ != kNoDeadline;
    if (bounded) {
      until.tv_sec = static_cast<time_t>(deadline_ / 1'000'000);
      until.tv_nsec = static_cast<long>(deadline_ % 1'000'000) * 1000;
    }
    // Returns at once when the state is no longer kAsleep, so a Notify in between is not missed.
    const long result = ::syscall(SYS_futex, &state_, FUTEX_WAIT_BITSET_PRIVATE, kAsleep,
                                  bounded ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
    SAGA_CHECK(result == 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT);
  }

  void WakeThread() { ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0); }

  static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) &&
                std::atomic<uint32_t>::is_always_lock_free);

  const std::function<void()> body_;
  std::atomic<uint32_t> state_{kAwake};
  std::atomic<bool> stop_{false};
  int64_t deadline_ = kNoDeadline;  // monotonic microseconds; only the strand's thread touches it
  absl::once_flag stop_once_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<port::Strand> ThreadExecutor::NewStrand(std::string name,
                                                        std::function<void()> body) {
  return std::make_unique<ThreadStrand>(std::move(name), std::move(body));
}

void ThreadExecutor::Pause(base::Duration time) {
  const timespec span{.tv_sec = static_cast<time_t>(time.micros / 1'000'000),
                      .tv_nsec = static_cast<long>(time.micros % 1'000'000) * 1000};
  // Woken early by a signal, it has paused long enough.
  (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
}

}  // namespace saga::adapter
