// One participant hangs with a thousand sagas parked on it: the others' sagas complete, and when it
// is back so do those. How fast is the bench's question (tests/bench/run --sick).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

constexpr int kParked = 1000;
constexpr int kHealthy = 500;
constexpr int kClients = 8;
constexpr absl::Duration kPatience = absl::Seconds(60);

// Submits sagas of two steps named `prefix`0 ...; the number of those that were answered OK.
int SubmitAll(const std::string& address, const Participant& participant, const std::string& prefix,
              int count, bool wait_result) {
  std::atomic<int> next{0};
  std::atomic<int> ok{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      DtmClient client(address);
      for (int n = next++; n < count; n = next++) {
        if (client.SubmitSaga(absl::StrCat(prefix, n), participant, 2, wait_result).ok()) ++ok;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  return ok;
}

TEST(SickParticipant, HoldsUpNobodyButItself) {
  fixture::TempDir dir;
  Participant sick;
  Participant well;
  sick.Hold();
  fixture::Sagad sagad(
      {.data_dir = dir.path(),
       .args = {"--engine-request-timeout", "500ms", "--engine-retry-interval", "1s",
                "--engine-max-retry-interval", "2s", "--lane-breaker-open-for", "300ms",
                "--lane-breaker-max-open-for", "1s"}});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();

  ASSERT_EQ(SubmitAll(sagad.grpc_address(), sick, "sick", kParked, false), kParked);
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return sick.Calls() > 0; }));
  EXPECT_EQ(SubmitAll(sagad.grpc_address(), well, "well", kHealthy, true), kHealthy);
  EXPECT_EQ(StatusOf(sagad.http_address(), "sick0"), "submitted");
  EXPECT_EQ(well.Calls(), static_cast<size_t>(2 * kHealthy));

  sick.Release();
  std::vector<std::string> open;
  for (int i = 0; i < kParked; ++i) open.push_back(absl::StrCat("sick", i));
  EXPECT_TRUE(fixture::WaitUntil(kPatience,
                                 [&] {
                                   std::erase_if(open, [&](const std::string& gid) {
                                     return StatusOf(sagad.http_address(), gid) == "succeed";
                                   });
                                   return open.empty();
                                 }))
      << open.size() << " of the parked sagas did not complete, " << open.front() << " among them";
}

}  // namespace
}  // namespace saga::e2e
