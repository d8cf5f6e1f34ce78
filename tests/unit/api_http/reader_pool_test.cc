#include "orchestrator/api/reader_pool.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace saga::api {
namespace {

TEST(ReaderPool, RunsWhatItTakesAndRefusesWhatIsTooMuch) {
  std::atomic<int> ran{0};
  absl::Notification started;
  absl::Notification go;
  {
    ReaderPool pool(/*threads=*/1, /*queue=*/2);
    ASSERT_TRUE(pool.Run([&] {
      started.Notify();
      go.WaitForNotification();
      ++ran;
    }));
    started.WaitForNotification();
    EXPECT_TRUE(pool.Run([&] { ++ran; }));
    EXPECT_TRUE(pool.Run([&] { ++ran; }));
    EXPECT_FALSE(pool.Run([&] { ran += 100; }));
    go.Notify();
  }
  EXPECT_EQ(ran, 3);
}

TEST(ReaderPool, HasRoomAgainAfterwards) {
  ReaderPool pool(/*threads=*/1, /*queue=*/0);
  for (int i = 0; i < 100; ++i) {
    absl::Notification done;
    // The place is free a moment after the read has run.
    while (!pool.Run([&] { done.Notify(); })) continue;
    done.WaitForNotification();
  }
}

}  // namespace
}  // namespace saga::api
