// Bringing looks forward: resetCronTime and resetNextCronTime (protocol 2.2, 6.4). What comes of it
// is seen by the participant.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

// A server of its own for each test: a reset is about everything there is.
class Reset : public DoorTest {
 protected:
  HttpAnswer Ask(const std::string& method, const std::string& route,
                 const std::string& body = "") {
    return Http(own_.http(), method, "/api/dtmsvr/" + route, body);
  }

  // A saga that is called again `seconds` from now, and succeeds then.
  std::string Waiting(int seconds) {
    const std::string gid = NewGid("reset");
    const std::string path = "/later/" + gid;
    recorder().Answer(path, {{.status = 425}, {}});
    nlohmann::json body = Saga(gid, path);
    body["retry_interval"] = seconds;
    body["wait_result"] = true;
    EXPECT_EQ(Ask("POST", "submit", body.dump()).status, 409);
    return gid;
  }

  std::string Status(const std::string& gid) {
    nlohmann::json state = Ask("GET", "query?gid=" + gid).json();
    return state["transaction"].value("status", "");
  }

  size_t CountSucceeded(const std::vector<std::string>& gids) {
    return static_cast<size_t>(std::count_if(
        gids.begin(), gids.end(), [&](const auto& gid) { return Status(gid) == "succeed"; }));
  }

  Server own_;
};

MATCHER_P2(HasReset, count, remaining, "has reset that many") {
  return arg.status == 200 && HasJsonType(arg) &&
         arg.json() == nlohmann::json({{"succeed_count", count}, {"has_remaining", remaining}});
}

TEST_F(Reset, NothingToDo) {
  EXPECT_EQ(Ask("GET", "resetCronTime").body, R"({"has_remaining":false,"succeed_count":0})");
  EXPECT_THAT(Ask("GET", "resetCronTime?timeout=&limit="), HasReset(0, false));
}

// The port of TestAPIResetCronTime, on a server that looks by itself: a transaction that was reset
// is called and ends, so that it is never reset twice.
TEST_F(Reset, ByLimitAndTime) {
  std::vector<std::string> late;
  for (int i = 0; i < 10; ++i) late.push_back(Waiting(110));
  const std::string early = Waiting(90);

  EXPECT_THAT(Ask("GET", "resetCronTime?timeout=100&limit=9"), HasReset(9, true));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return CountSucceeded(late) == 9; }));
  EXPECT_THAT(Ask("GET", "resetCronTime?timeout=100&limit=10"), HasReset(1, false));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return CountSucceeded(late) == 10; }));
  EXPECT_EQ(Status(early), "submitted");
  EXPECT_THAT(Ask("GET", "resetCronTime?timeout=60&limit=10"), HasReset(1, false));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return Status(early) == "succeed"; }));
  EXPECT_THAT(Ask("GET", "resetCronTime?timeout=60&limit=10"), HasReset(0, false));
}

// Not said: what is further away than 3 times the default timeout, 105 s; 100 of them.
TEST_F(Reset, Defaults) {
  const std::string near = Waiting(80);
  std::vector<std::string> far;
  for (int i = 0; i < 3; ++i) far.push_back(Waiting(140));
  EXPECT_THAT(Ask("GET", "resetCronTime"), HasReset(3, false));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return CountSucceeded(far) == 3; }));
  EXPECT_EQ(Status(near), "submitted");
}

TEST_F(Reset, OneTransaction) {
  const std::string gid = Waiting(1000);
  const std::string body = nlohmann::json({{"gid", gid}}).dump();
  nlohmann::json before = Ask("GET", "query?gid=" + gid).json()["transaction"];
  EXPECT_THAT(Ask("POST", "resetNextCronTime", body), IsSuccess());
  if (Differs("reset-is-effective", own_)) {
    nlohmann::json after = Ask("GET", "query?gid=" + gid).json()["transaction"];
    EXPECT_NE(after["next_cron_time"], before["next_cron_time"]);
    EXPECT_EQ(recorder().CallsOf(gid).size(), 1U);
    return;
  }
  ASSERT_TRUE(recorder().WaitForCalls(gid, 2, kPatience));
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return Status(gid) == "succeed"; }));
}

// TestAPIResetNextCronTime: harmless on a transaction that has ended.
TEST_F(Reset, OneThatHasEnded) {
  const std::string gid = NewGid("reset");
  nlohmann::json saga = Saga(gid, "/ok");
  saga["wait_result"] = true;
  ASSERT_THAT(Ask("POST", "submit", saga.dump()), IsSuccess());
  EXPECT_THAT(Ask("POST", "resetNextCronTime", nlohmann::json({{"gid", gid}}).dump()), IsSuccess());
  EXPECT_EQ(Status(gid), "succeed");
  EXPECT_EQ(recorder().CallsOf(gid).size(), 1U);
}

// A gid is a value, never part of a statement (11.1 #15).
TEST_F(Reset, AGidWithQuotes) {
  const std::string other = Waiting(1000);
  for (const char* gid : {"x' or '1'='1", "x\" or \"1\"=\"1", "'"}) {
    EXPECT_THAT(Ask("POST", "resetNextCronTime", nlohmann::json({{"gid", gid}}).dump()),
                IsError(absl::StrCat("no TransGlobal with gid: ", gid, " found")));
  }
  EXPECT_EQ(recorder().CallsOf(other).size(), 1U);
}

}  // namespace
}  // namespace saga::conformance
