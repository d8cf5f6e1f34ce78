#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"

namespace saga::adapter {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// Counts the runs of a strand's body and lets a test wait for them.
class Runs {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }

  int Count() {
    absl::MutexLock lock(&mutex_);
    return count_;
  }

  [[nodiscard]] bool Reach(int count) {
    absl::MutexLock lock(&mutex_);
    auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return count_ >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), kPatience);
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(SystemClockTest, IsTheWallClock) {
  SystemClock clock;
  const int64_t before = absl::GetCurrentTimeNanos() / 1000;
  const base::Time now = clock.Now();
  const int64_t after = absl::GetCurrentTimeNanos() / 1000;
  EXPECT_GE(now.micros, before - 1);
  EXPECT_LE(now.micros, after + 1);
}

TEST(SystemEntropyTest, ThreadsNeverShareNumbers) {
  SystemEntropy entropy;
  constexpr int kThreads = 8;
  constexpr int kNumbers = 10'000;
  std::vector<std::vector<uint64_t>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (auto& numbers : drawn) {
    threads.emplace_back([&] {
      for (int i = 0; i < kNumbers; ++i) numbers.push_back(entropy.Next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& numbers : drawn) all.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(all.size(), size_t{kThreads} * kNumbers);
}

TEST(SystemEntropyTest, EveryBitIsSetAboutHalfOfTheTime) {
  SystemEntropy entropy;
  constexpr int kNumbers = 20'000;
  std::vector<int> set(64);
  for (int i = 0; i < kNumbers; ++i) {
    const uint64_t number = entropy.Next();
    for (int bit = 0; bit < 64; ++bit) set[bit] += (number >> bit) & 1;
  }
  for (int bit = 0; bit < 64; ++bit)
    EXPECT_NEAR(set[bit], kNumbers / 2, 700) << "bit " << bit;  // ten sigma
}

TEST(ThreadExecutorTest, BodyWaitsForTheFirstNotify) {
  Runs runs;
  auto strand = ThreadExecutor().NewStrand("first", [&] { runs.Add(); });
  EXPECT_EQ(runs.Count(), 0);
  strand->Notify();
  EXPECT_TRUE(runs.Reach(1));
}

TEST(ThreadExecutorTest, ThreadIsNamed) {
  Runs runs;
  std::string name;
  auto strand = ThreadExecutor().NewStrand("sixteen-and-more-letters", [&] {
    char buffer[32] = {};
    pthread_getname_np(pthread_self(), buffer, sizeof(buffer));
    name = buffer;
    runs.Add();
  });
  strand->Notify();
  ASSERT_TRUE(runs.Reach(1));
  EXPECT_EQ(name, "sixteen-and-mor");
}

TEST(ThreadExecutorTest, NotificationsBeforeTheBodyStartsCountAsOne) {
  Runs entered;
  absl::Notification release;
  auto strand = ThreadExecutor().NewStrand("coalesce", [&] {
    entered.Add();
    release.WaitForNotification();
  });
  strand->Notify();
  ASSERT_TRUE(entered.Reach(1));
  // The body is inside its first run: all of these ask for one more.
  for (int i = 0; i < 1000; ++i) strand->Notify();
  release.Notify();
  ASSERT_TRUE(entered.Reach(2));
  strand->Stop();
  EXPECT_EQ(entered.Count(), 2);
}

TEST(ThreadExecutorTest, HammeredFromManyThreadsLosesNothingAndNeverOverlaps) {
  constexpr int kThreads = 4;
  constexpr int kNotifies = 50'000;
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  std::atomic<int64_t> produced{0};
  std::atomic<int64_t> consumed{0};
  absl::Notification all_seen;
  auto strand = ThreadExecutor().NewStrand("hammer", [&] {
    if (inside.fetch_add(1) != 0) overlapped = true;
    // Relaxed on purpose: Notify alone has to order this read after the writes before it.
    const int64_t seen = produced.load(std::memory_order_relaxed);
    consumed = seen;
    inside.fetch_sub(1);
    if (seen == int64_t{kThreads} * kNotifies && !all_seen.HasBeenNotified()) all_seen.Notify();
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kNotifies; ++i) {
        produced.fetch_add(1, std::memory_order_relaxed);
        strand->Notify();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(all_seen.WaitForNotificationWithTimeout(kPatience))
      << consumed << " of " << kThreads * kNotifies;
  EXPECT_FALSE(overlapped);
}

TEST(ThreadExecutorTest, PingPongBetweenTwoStrandsNeverStalls) {
  constexpr int kRounds = 20'000;
  ThreadExecutor executor;
  Runs done;
  std::atomic<int> rounds{0};
  std::unique_ptr<port::Strand> pong;
  std::unique_ptr<port::Strand> ping = executor.NewStrand("ping", [&] {
    if (rounds.fetch_add(1) == kRounds) return done.Add();
    pong->Notify();
  });
  pong = executor.NewStrand("pong", [&] { ping->Notify(); });
  ping->Notify();
  EXPECT_TRUE(done.Reach(1));
  ping->Stop();
  pong->Stop();
}

TEST(ThreadExecutorTest, WakesAtTheTimeItNamed) {
  SystemClock clock;
  Runs runs;
  base::Time wanted;
  base::Time second_run;
  port::Strand* self = nullptr;
  auto strand = ThreadExecutor().NewStrand("wake", [&] {
    if (!wanted.IsSet()) {
      wanted = clock.Now() + base::Millis(50);
      self->WakeAt(wanted);
    } else {
      second_run = clock.Now();
    }
    runs.Add();
  });
  self = strand.get();
  strand->Notify();
  ASSERT_TRUE(runs.Reach(2));
  strand->Stop();
  EXPECT_GE(second_run + base::Millis(5), wanted);  // the clocks may drift apart a little
  EXPECT_EQ(runs.Count(), 2);
}

TEST(ThreadExecutorTest, AWakeTimeInThePastRunsTheBodyAtOnce) {
  Runs runs;
  port::Strand* self = nullptr;
  auto strand = ThreadExecutor().NewStrand("past", [&] {
    if (runs.Count() == 0) self->WakeAt(base::Time{1});
    runs.Add();
  });
  self = strand.get();
  strand->Notify();
  EXPECT_TRUE(runs.Reach(2));
}

TEST(ThreadExecutorTest, ALaterWakeAtReplacesTheEarlierOne) {
  SystemClock clock;
  Runs runs;
  port::Strand* self = nullptr;
  base::Time third_run;
  base::Time wanted;
  auto strand = ThreadExecutor().NewStrand("replace", [&] {
    if (runs.Count() == 0) self->WakeAt(clock.Now() + base::Seconds(3600));
    if (runs.Count() == 1) {
      wanted = clock.Now() + base::Millis(30);
      self->WakeAt(wanted);
    }
    if (runs.Count() == 2) third_run = clock.Now();
    runs.Add();
  });
  self = strand.get();
  strand->Notify();
  ASSERT_TRUE(runs.Reach(1));
  strand->Notify();
  ASSERT_TRUE(runs.Reach(3));
  strand->Stop();
  EXPECT_GE(third_run + base::Millis(5), wanted);
}

TEST(ThreadExecutorTest, NeverTakesAWakeTimeBack) {
  SystemClock clock;
  ThreadExecutor executor;
  Runs runs;
  port::Strand* self = nullptr;
  auto strand = executor.NewStrand("never", [&] {
    if (runs.Count() == 0) {
      self->WakeAt(clock.Now() + base::Millis(20));
      self->WakeAt(base::kNever);
    }
    runs.Add();
  });
  self = strand.get();
  strand->Notify();
  ASSERT_TRUE(runs.Reach(1));
  // Another strand's longer sleep tells that the time has gone by.
  Runs other;
  port::Strand* other_self = nullptr;
  auto watch = executor.NewStrand("watch", [&] {
    if (other.Count() == 0) other_self->WakeAt(clock.Now() + base::Millis(100));
    other.Add();
  });
  other_self = watch.get();
  watch->Notify();
  ASSERT_TRUE(other.Reach(2));
  EXPECT_EQ(runs.Count(), 1);
}

TEST(ThreadExecutorTest, StopIsFinal) {
  SystemClock clock;
  Runs runs;
  port::Strand* self = nullptr;
  auto strand = ThreadExecutor().NewStrand("stop", [&] {
    self->WakeAt(clock.Now() + base::Millis(1));
    runs.Add();
  });
  self = strand.get();
  strand->Notify();
  ASSERT_TRUE(runs.Reach(2));
  strand->Stop();
  const int at_stop = runs.Count();
  for (int i = 0; i < 100; ++i) strand->Notify();
  strand->Stop();  // once more does no harm
  EXPECT_EQ(runs.Count(), at_stop);
}

TEST(ThreadExecutorTest, StopWaitsForARunningBody) {
  absl::Notification entered;
  std::atomic<bool> stopping{false};
  std::atomic<bool> finished{false};
  auto strand = ThreadExecutor().NewStrand("long", [&] {
    entered.Notify();
    while (!stopping) std::this_thread::yield();
    finished = true;
  });
  strand->Notify();
  ASSERT_TRUE(entered.WaitForNotificationWithTimeout(kPatience));
  stopping = true;
  strand->Stop();
  EXPECT_TRUE(finished);
}

TEST(ThreadExecutorTest, IdleStrandsCostNothing) {
  SystemClock clock;
  ThreadExecutor executor;
  Runs runs;
  std::vector<std::unique_ptr<port::Strand>> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(executor.NewStrand("idle", [&] { runs.Add(); }));
  for (auto& strand : idle) strand->Notify();
  ASSERT_TRUE(runs.Reach(20));
  Runs watched;
  port::Strand* self = nullptr;
  auto watch = executor.NewStrand("watch", [&] {
    if (watched.Count() == 0) self->WakeAt(clock.Now() + base::Millis(300));
    watched.Add();
  });
  self = watch.get();
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  watch->Notify();
  ASSERT_TRUE(watched.Reach(2));
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(runs.Count(), 20);
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 20) << "idle strands were scheduled";
}

}  // namespace
}  // namespace saga::adapter
