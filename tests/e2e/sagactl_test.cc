// sagactl steers transactions of a real sagad; each promise of its help that a script relies on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/e2e/sagactl_stage.h"

namespace saga::e2e {
namespace {

using fixture::Finished;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr absl::Duration kSoon = absl::Seconds(20);

// Attempts of the action of the first branch; -1: there is none.
int ActionAttempts(const json& transaction) {
  for (const json& branch : transaction["branches"]) {
    if (branch["op"] == "action") return branch["attempts"];
  }
  return -1;
}

class Sagactl : public testing::Test {
 protected:
  // Waits until the first call of a waiting transaction was answered.
  json WhenTried(const std::string& gid) {
    json transaction;
    EXPECT_TRUE(fixture::WaitUntil(kSoon, [&] {
      transaction = stage.Json({"get", gid});
      return transaction.value("health", "") == "retrying";
    })) << transaction;
    return transaction;
  }

  SagactlStage stage;
};

TEST_F(Sagactl, SubmitStartsOneAndARepeatFindsIt) {
  const std::string input = stage.Input("A-1", 1, 1);
  const Finished first = stage.Ctl({"submit", "order_paid", "--input", input});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("order_paid-A-1"), HasSubstr("submitted")));
  EXPECT_THAT(first.err, IsEmpty());
  const Finished again = stage.Ctl({"submit", "order_paid", "--input", input, "-o", "json"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("order_paid-A-1 is known already: nothing was started"));
  EXPECT_EQ(json::parse(again.out).value("already_known", false), true);
}

TEST_F(Sagactl, FiftySubmitsAtOnceMakeOneTransaction) {
  stage.SetStock(10);
  const std::string input = stage.Input("C-1", 1, 1);
  std::vector<fixture::Process> submits;
  for (int i = 0; i < 50; ++i) {
    submits.push_back(
        stage.StartCtl({"submit", "reserve_stock", "--input", input, "--wait", "-o", "json"}));
  }
  int started = 0;
  for (fixture::Process& submit : submits) {
    ASSERT_EQ(submit.WaitForExit(absl::Seconds(60)), 0) << submit.Stderr();
    if (!json::parse(submit.Stdout()).value("already_known", true)) ++started;
  }
  EXPECT_EQ(started, 1);
  EXPECT_EQ(stage.Json({"list"}).size(), 1U);
  EXPECT_EQ(stage.Stock(), 9);
  const json branches = stage.Json({"get", "reserve_stock-C-1"})["branches"];
  ASSERT_THAT(branches, Not(IsEmpty()));
  for (const json& branch : branches) EXPECT_LE(branch.value("attempts", 99), 1) << branch;
  int confirms = 0;
  for (const json& entry : stage.Json({"history", "reserve_stock-C-1"}))
    confirms += entry["kind"] == "answered" && entry["op"] == "confirm" ? 1 : 0;
  EXPECT_EQ(confirms, 1);
}

TEST_F(Sagactl, DescribeTellsWhyItWaitsAndUntilWhen) {
  const std::string gid = stage.SubmitWaiting("D-1");
  WhenTried(gid);
  const Finished described = stage.Ctl({"describe", gid});
  EXPECT_EQ(described.exit_code, 0) << described.err;
  EXPECT_THAT(described.out,
              AllOf(HasSubstr("action of branch 01 at " + stage.order_address),
                    HasSubstr("to be called again at 20"), HasSubstr("after 1 attempt"),
                    HasSubstr("last answer: unknown"), HasSubstr("the transaction is undone at 20"),
                    HasSubstr("sagactl retry-now " + gid)));
}

TEST_F(Sagactl, RetryNowCallsAtOnce) {
  const std::string gid = stage.SubmitWaiting("R-1");
  ASSERT_EQ(ActionAttempts(WhenTried(gid)), 1);
  EXPECT_EQ(stage.Ctl({"retry-now", gid, "--reason", "order is back"}).exit_code, 0);
  EXPECT_TRUE(fixture::WaitUntil(kSoon, [&] {
    return ActionAttempts(stage.Json({"get", gid})) == 2;
  }));
  EXPECT_THAT(stage.Ctl({"history", gid}).out,
              AllOf(HasSubstr("retry_now"), HasSubstr("order is back")));
}

TEST_F(Sagactl, RetryNowOfSeveralSaysHowManyAndWhichNot) {
  const std::string gid = stage.SubmitWaiting("R-2");
  WhenTried(gid);
  const Finished some = stage.Ctl({"retry-now", gid, "nosuch", "-o", "json"});
  EXPECT_EQ(some.exit_code, 5);
  EXPECT_THAT(some.err, AllOf(HasSubstr("nosuch"), HasSubstr("1 of 2 retried")));
  EXPECT_EQ(json::parse(some.out).size(), 1U);
  EXPECT_EQ(stage.Ctl({"retry-now", "nosuch", "norsuch"}).exit_code, 3);
}

TEST_F(Sagactl, AbortNeedsAReasonAndAnOpenTransaction) {
  stage.SetStock(1);
  EXPECT_EQ(stage.Ctl({"submit", "reserve_stock", "--input", stage.Input("E-1", 1, 1), "--wait"})
                .exit_code,
            0);
  const Finished late = stage.Ctl({"abort", "reserve_stock-E-1", "--reason", "too late"});
  EXPECT_EQ(late.exit_code, 4);
  EXPECT_THAT(late.err, HasSubstr("succeed"));
  EXPECT_THAT(late.out, IsEmpty());

  const std::string gid = stage.SubmitWaiting("E-2");
  WhenTried(gid);
  EXPECT_EQ(stage.Ctl({"abort", gid}).exit_code, 2);
  const json aborted = stage.Json({"abort", gid, "--reason", "customer changed her mind"});
  EXPECT_EQ(aborted["status"], "aborting");
  EXPECT_EQ(aborted["reason"], "customer changed her mind");
  EXPECT_THAT(stage.Ctl({"history", gid}).out, HasSubstr("customer changed her mind"));
}

TEST_F(Sagactl, ForceStopNeedsAReasonAndEndsAtOnce) {
  const std::string gid = stage.SubmitWaiting("E-3");
  WhenTried(gid);
  const Finished unsaid = stage.Ctl({"force-stop", gid});
  EXPECT_EQ(unsaid.exit_code, 2);
  EXPECT_THAT(unsaid.err, HasSubstr("--reason"));
  const json stopped = stage.Json({"force-stop", gid, "--reason", "the shop has closed"});
  EXPECT_EQ(stopped["status"], "failed");
  EXPECT_EQ(stopped["reason"], "the shop has closed");
  EXPECT_THAT(stage.Ctl({"history", gid}).out,
              AllOf(HasSubstr("force_stopped"), HasSubstr("the shop has closed")));
  const Finished late = stage.Ctl({"force-stop", gid, "--reason", "again"});
  EXPECT_EQ(late.exit_code, 4);
  EXPECT_THAT(late.err, HasSubstr("is failed already"));
}

TEST_F(Sagactl, WaitsExitCodeIsTheOutcome) {
  stage.SetStock(5);
  const std::string good = stage.Input("W-1", 1, 5);
  EXPECT_EQ(stage.Ctl({"submit", "reserve_stock", "--input", good}).exit_code, 0);
  EXPECT_EQ(stage.Ctl({"wait", "reserve_stock-W-1"}).exit_code, 0);
  const std::string too_much = stage.Input("W-2", 2, 5);
  EXPECT_EQ(stage.Ctl({"submit", "reserve_stock", "--input", too_much, "--wait"}).exit_code, 10);
  EXPECT_EQ(stage.Ctl({"wait", "reserve_stock-W-2"}).exit_code, 10);

  const std::string gid = stage.SubmitWaiting("W-3");
  const Finished open = stage.Ctl({"wait", gid, "--timeout", "200ms"});
  EXPECT_EQ(open.exit_code, 8);
  EXPECT_THAT(open.err, AllOf(HasSubstr("200ms"), HasSubstr("sagactl describe " + gid)));
  EXPECT_EQ(stage.Ctl({"wait", "nosuch"}).exit_code, 3);
}

TEST_F(Sagactl, ListFiltersAndPages) {
  stage.SetStock(5);
  EXPECT_EQ(stage.Ctl({"submit", "reserve_stock", "--input", stage.Input("L-1", 1, 1), "--wait"})
                .exit_code,
            0);
  stage.SubmitWaiting("L-2");
  stage.SubmitWaiting("L-3");
  EXPECT_EQ(stage.Json({"list"}).size(), 3U);
  EXPECT_EQ(stage.Json({"list"})[0]["gid"], "order_paid-L-3") << "newest first";
  EXPECT_EQ(stage.Json({"list", "--open"}).size(), 2U);
  EXPECT_EQ(stage.Json({"list", "--mode", "tcc"}).size(), 1U);
  EXPECT_EQ(stage.Json({"list", "--status", "succeed"}).size(), 1U);
  EXPECT_EQ(stage.Json({"list", "--gid-prefix", "order_paid-L-2"}).size(), 1U);
  EXPECT_EQ(stage.Json({"list", "--since", "1h"}).size(), 3U);
  EXPECT_EQ(stage.Json({"list", "--until", "1h"}).size(), 0U);

  const Finished page = stage.Ctl({"list", "--limit", "1", "-o", "jsonl"});
  EXPECT_EQ(json::parse(page.out)["gid"], "order_paid-L-3");
  EXPECT_THAT(page.err, HasSubstr("there are more"));
  const Finished all = stage.Ctl({"list", "--limit", "1", "--all", "-o", "jsonl"});
  EXPECT_THAT(all.err, IsEmpty());
  const std::vector<std::string> lines = absl::StrSplit(all.out, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 3U);
  for (const std::string& line : lines) EXPECT_TRUE(json::accept(line)) << line;
}

TEST_F(Sagactl, EveryCommandPrintsJson) {
  const std::string gid = stage.SubmitWaiting("J-1");
  EXPECT_EQ(stage.Json({"get", gid})["gid"], gid);
  EXPECT_EQ(stage.Json({"describe", gid})["gid"], gid);
  EXPECT_TRUE(stage.Json({"history", gid}).is_array());
  EXPECT_EQ(stage.Json({"stats"})["store_ok"], true);
  EXPECT_EQ(stage.Json({"definitions"}).size(), 4U);
  EXPECT_EQ(stage.Json({"version"})["sagad"]["store"], "memory");
}

TEST_F(Sagactl, GidsMayHoldWhatAShellAndAnOptionParserTrip) {
  const std::string input = stage.Input("G-1", 1, 1);
  for (const std::string gid : {"a,b c", "-x", "it's"}) {
    EXPECT_EQ(stage.Ctl({"submit", "order_paid", "--input", input, "--gid", gid}).exit_code, 0);
    EXPECT_EQ(stage.Json({"list", "--gid-prefix", gid}).size(), 1U) << gid;
    const Finished got = stage.Ctl({"get", "-o", "json", "--", gid});
    EXPECT_EQ(got.exit_code, 0) << got.err;
    EXPECT_EQ(json::parse(got.out)["gid"], gid);
  }
}

TEST_F(Sagactl, MistakesHaveTheirExitCodesAndLeaveStdoutAlone) {
  struct Mistake {
    std::vector<std::string> args;
    int exit_code;
    std::string told;
  };
  const std::vector<Mistake> mistakes = {
      {{"get", "nosuch"}, 3, "nosuch"},
      {{"describe", "nosuch"}, 3, "nosuch"},
      {{"history", "nosuch"}, 3, "nosuch"},
      {{"submit", "order_payd"}, 3, "order_paid"},
      {{"submit", "order_paid"}, 2, "order_code"},
      {{"submit", "order_paid", "--input", "/nosuch"}, 2, "cannot read /nosuch"},
      {{"submit", "order_paid", "--input", "/"}, 2, "cannot read /"},
      {{"lsit"}, 2, "did you mean \"list\"?"},
      {{"list", "--statuss", "failed"}, 2, "did you mean \"--status\"?"},
      {{"list", "--status", "done"}, 2, "submitted"},
      {{"list", "-o", "yaml"}, 2, "table, wide, json or jsonl"},
      {{"list", "--limit", "0"}, 2, "1 to 1000"},
      {{"list", "--since", "yesterday"}, 2, "--since"},
      {{"list", "--timeout", "soon"}, 2, "--timeout"},
      {{"list", "surplus"}, 2, "surplus"},
      {{"get"}, 2, "needs GID"},
      {{"--open"}, 2, "sagactl help"},
      {{"help", "nosuch"}, 2, "nosuch"},
  };
  for (const Mistake& mistake : mistakes) {
    const Finished done = stage.Ctl(mistake.args);
    EXPECT_EQ(done.exit_code, mistake.exit_code) << mistake.args[0] << ": " << done.err;
    EXPECT_THAT(done.err, AllOf(HasSubstr("sagactl: "), HasSubstr(mistake.told)));
    EXPECT_THAT(done.out, IsEmpty());
  }
}

TEST_F(Sagactl, NobodyThereIsToldWithTheAddress) {
  const Finished done = stage.Ctl({"list", "--server", stage.order_address});
  EXPECT_EQ(done.exit_code, 7);
  EXPECT_THAT(done.err, HasSubstr("no sagad answers at " + stage.order_address));
  EXPECT_THAT(done.out, IsEmpty());
}

TEST_F(Sagactl, GetAnswersAtOnce) {
  const std::string gid = stage.SubmitWaiting("P-1");
  absl::Duration best = absl::InfiniteDuration();
  for (int i = 0; i < 10; ++i) {
    const absl::Time begin = absl::Now();
    ASSERT_EQ(stage.Ctl({"get", gid}).exit_code, 0);
    best = std::min(best, absl::Now() - begin);
  }
  // 30 ms is the goal; a machine that runs other tests at the same time is slower.
  EXPECT_LT(best, absl::Milliseconds(200));
}

TEST(SagactlAlone, HelpAndVersionNeedNoServer) {
  const std::vector<std::vector<std::string>> questions = {{"help"},
                                                           {"--help"},
                                                           {"-h"},
                                                           {"help", "list"},
                                                           {"list", "--help"},
                                                           {"--help", "list"},
                                                           {"get", "-h"},
                                                           {"help", "exit-codes"},
                                                           {"help", "output"},
                                                           {"--version"},
                                                           {}};
  for (const std::vector<std::string>& args : questions) {
    const Finished done = fixture::Run({.program = "sagactl", .args = args, .env = {}});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("sagactl"));
    EXPECT_THAT(done.out, Not(HasSubstr("hidden")));
    EXPECT_THAT(done.err, IsEmpty());
  }
}

}  // namespace
}  // namespace saga::e2e
