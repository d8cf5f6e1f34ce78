// A participant that does not answer holds up nobody but its own transactions, after a crash of the
// server neither. DTM looks at one transaction after the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/conformance/wire/mode_stage.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

constexpr int kParked = 60;
constexpr int kHealthy = 11;

class BetterRecovery : public ModeTest {
 protected:
  std::vector<std::string> SubmitMany(int count, const std::string& action) {
    std::vector<std::string> gids;
    for (int i = 0; i < count; ++i) {
      gids.push_back(AnotherGid());
      EXPECT_TRUE(IsSuccess(Post(
          "submit", Saga({{"gid", gids.back()}, {"steps", Json::array({{{"action", action}}})}}))));
      EXPECT_TRUE(recorder().WaitForCalls(gids.back(), 1, absl::Minutes(1)));
    }
    return gids;
  }

  static int CountEnded(const std::vector<std::string>& gids) {
    int ended = 0;
    for (const std::string& gid : gids) ended += StatusOf(gid) == "succeed" ? 1 : 0;
    return ended;
  }
};

TEST_F(BetterRecovery, ParkedTransactionsHoldUpNobody) {
  Answers("parked", {Hang()});
  Answers("healthy", {Ongoing()});
  SubmitMany(kParked, Url("parked"));
  const std::vector<std::string> healthy = SubmitMany(kHealthy, Url("healthy"));
  if (server().IsDurable()) {
    server().Kill();
    server().Restart();
  }
  Answers("healthy", {{}});
  if (Differs("parked-hold-up", server())) {
    EXPECT_FALSE(fixture::WaitUntil(absl::Seconds(20), [&] { return CountEnded(healthy) > 5; }));
    return;
  }
  EXPECT_TRUE(fixture::WaitUntil(absl::Minutes(1), [&] { return CountEnded(healthy) == kHealthy; }))
      << CountEnded(healthy) << " of " << kHealthy;
}

}  // namespace
}  // namespace saga::conformance
