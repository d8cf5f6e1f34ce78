// The series that DTM's dashboards read (protocol 9.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Metrics : public DoorTest {
 protected:
  static HttpAnswer Scrape() { return Http(server().http(), "GET", "/api/metrics"); }

  // The value of the series `name` whose labels include all of `labels`; -1 when there is none.
  static double Value(const std::string& name, const std::vector<std::string>& labels) {
    const std::string body = Scrape().body;
    for (const absl::string_view line : absl::StrSplit(body, '\n')) {
      if (!absl::StartsWith(line, name + "{")) continue;
      bool all = true;
      for (const std::string& label : labels) all = all && absl::StrContains(line, label);
      if (all) return std::stod(std::string(line.substr(line.rfind(' ') + 1)));
    }
    return -1;
  }

  static void WaitForValue(const std::string& name, const std::vector<std::string>& labels,
                           double at_least) {
    EXPECT_TRUE(
        fixture::WaitUntil(absl::Seconds(30), [&] { return Value(name, labels) >= at_least; }))
        << name << " of " << testing::PrintToString(labels) << " in\n"
        << Scrape().body;
  }
};

TEST_F(Metrics, ArePrometheusText) {
  const HttpAnswer answer = Scrape();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers.at("content-type"), StartsWith("text/plain; version=0.0.4"));
}

TEST_F(Metrics, ServerInfo) { WaitForValue("dtm_server_info", {}, 1); }

TEST_F(Metrics, RequestsOfBothDoors) {
  ASSERT_EQ(Get("newGid").status, 200);
  ASSERT_EQ(Get("query").status, 500);
  ASSERT_EQ(Rpc("NewGid", dtmgimp::DtmGidReply()).code, 0);
  ASSERT_EQ(Rpc("RegisterBranch", dtmgimp::DtmBranchRequest()).code, 2);
  const char kTotal[] = "dtm_server_process_total";
  WaitForValue(kTotal, {R"(type="http")", R"(api="newgid")", R"(status="ok")"}, 1);
  WaitForValue(kTotal, {R"(type="http")", R"(api="query")", R"(status="fail")"}, 1);
  WaitForValue(kTotal, {R"(type="grpc")", R"(api="newgid")", R"(status="ok")"}, 1);
  WaitForValue(kTotal, {R"(type="grpc")", R"(api="registerbranch")", R"(status="fail")"}, 1);
  const char kDuration[] = "dtm_server_response_duration_count";
  WaitForValue(kDuration, {R"(type="http")", R"(api="newgid")"}, 1);
  WaitForValue(kDuration, {R"(type="grpc")", R"(api="newgid")"}, 1);
}

// Otherwise every gid that somebody asks for is a series (11.1 #27).
TEST_F(Metrics, TheApiIsWithoutItsQuery) {
  ASSERT_EQ(Get("query?gid=very-special").status, 200);
  WaitForValue("dtm_server_process_total", {"query", R"(status="ok")"}, 1);
  EXPECT_EQ(absl::StrContains(Scrape().body, "very-special"),
            Differs("metrics-api-label", server()));
}

TEST_F(Metrics, TransactionsAndBranches) {
  nlohmann::json body = Saga(NewGid("metrics"), "/ok");
  body["wait_result"] = true;
  ASSERT_THAT(Post("submit", body), IsSuccess());
  body = Saga(NewGid("metrics"), "/fail");
  body["wait_result"] = true;
  ASSERT_EQ(Post("submit", body).status, 409);
  const std::string saga = R"(model="saga")";
  WaitForValue("dtm_transaction_process_total", {saga, R"(status="ok")"}, 1);
  WaitForValue("dtm_transaction_process_total", {saga, R"(status="fail")"}, 1);
  WaitForValue("dtm_transaction_handled_duration_count", {saga}, 1);
  const std::string branch = R"(branchid="01")";
  WaitForValue("dtm_branch_process_total",
               {saga, branch, R"(branchtype="action")", R"(status="ok")"}, 1);
  WaitForValue("dtm_branch_process_total",
               {saga, branch, R"(branchtype="action")", R"(status="fail")"}, 1);
}

}  // namespace
}  // namespace saga::conformance
