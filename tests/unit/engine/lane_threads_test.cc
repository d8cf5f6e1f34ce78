// The same promise with real threads; the sanitizers look on.

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/engine/lane.h"

namespace saga::engine {
namespace {

constexpr int kThreads = 3;
constexpr int kCallsOfEach = 3000;

// Ends its calls on two threads of its own.
class Answerer : public port::BranchCaller {
 public:
  Answerer() {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Answerer() override {
    {
      absl::MutexLock lock(&mutex_);
      stop_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  void Call(port::BranchCall, Done done) override {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(std::move(done));
  }

 private:
  void Work() {
    for (int turn = 0;; ++turn) {
      Done done;
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &Answerer::Owes));
        if (calls_.empty()) return;
        done = std::move(calls_.front());
        calls_.pop_front();
      }
      done({.outcome = core::Outcome::kUnknown,
            .reach = turn % 3 == 0 ? port::Reach::kUnreachable : port::Reach::kAnswered});
    }
  }
  bool Owes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_ || !calls_.empty(); }

  absl::Mutex mutex_;
  std::deque<Done> calls_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

class LaneThreads : public testing::Test {
 protected:
  void Begin(const LaneSettings& settings) {
    lanes_ = std::make_shared<LaneSet>(settings, 3, LaneSet::Ports{&answerer_, &clock_, &executor_},
                                       [this] { ++opened_; });
    lanes_->Start();
  }

  // Offers until it is taken or the lanes are closed.
  void OfferOne(const std::string& target) {
    while (!closed_) {
      port::BranchCall call;
      call.target = target;
      const Offered offered = lanes_->Offer(
          std::move(call), [this](port::BranchReply) { ++done_; }, 0);
      if (offered.kind == Offered::Kind::kTaken) {
        ++taken_;
        return;
      }
      absl::SleepFor(absl::Microseconds(50));
    }
  }

  void OfferAll(std::vector<std::thread>& threads) {
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i] {
        for (int n = 0; n < kCallsOfEach; ++n) OfferOne((n + i) % 2 == 0 ? "p:1/P/Do" : "q:1/P/Do");
      });
    }
  }

  // Pauses, resumes and limits until told to stop.
  void Meddle() {
    for (int turn = 0; !meddled_; ++turn) {
      lanes_->Set("p:1", {.paused = turn % 4 == 0,
                          .in_flight = static_cast<size_t>(turn % 7),
                          .rate = turn % 3 == 0 ? 50'000.0 : 0.0});
      (void)lanes_->Stats();
      absl::SleepFor(absl::Microseconds(200));
    }
    lanes_->Set("p:1", {});
  }

  adapter::SystemClock clock_;
  adapter::ThreadExecutor executor_;
  Answerer answerer_;
  std::shared_ptr<LaneSet> lanes_;
  std::atomic<uint64_t> taken_{0};
  std::atomic<uint64_t> done_{0};
  std::atomic<uint64_t> opened_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> meddled_{false};
};

TEST_F(LaneThreads, EveryCallEndsOnce) {
  LaneSettings settings{.in_flight = 4, .queue = 50};
  settings.breaker.open_for = base::Millis(1);
  settings.breaker.max_open_for = base::Millis(2);
  Begin(settings);
  std::vector<std::thread> threads;
  OfferAll(threads);
  std::thread meddler([this] { Meddle(); });
  for (std::thread& thread : threads) thread.join();
  meddled_ = true;
  meddler.join();
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (lanes_->Pending() > 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(lanes_->Pending(), 0u);
  EXPECT_EQ(taken_, static_cast<uint64_t>(kThreads * kCallsOfEach));
  EXPECT_EQ(done_, taken_);
  lanes_->Close();
}

TEST_F(LaneThreads, ACloseInTheMiddleLosesNoCallThatIsOut) {
  Begin({.in_flight = 4, .queue = 50, .rate = 20'000});
  std::vector<std::thread> threads;
  OfferAll(threads);
  std::thread meddler([this] { Meddle(); });
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (done_ < 500 && absl::Now() < deadline) absl::SleepFor(absl::Microseconds(100));
  EXPECT_GE(done_, 500u);
  lanes_->Close();
  closed_ = true;
  meddled_ = true;
  for (std::thread& thread : threads) thread.join();
  meddler.join();
  while (lanes_->Pending() > 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(lanes_->Pending(), 0u);
  EXPECT_GE(done_, lanes_->Calls());  // those shed by the breaker were answered without a call
}

}  // namespace
}  // namespace saga::engine
