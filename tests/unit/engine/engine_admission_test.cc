// Who gets in, and how often what they ask for happens.

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using testing::UnorderedElementsAre;

TEST(EngineAdmission, FiftySubmitsOfOneGidCallEachBranchOnce) {
  Stage stage({.runners = 4});
  int accepted = 0;
  int already = 0;
  for (int i = 0; i < 50; ++i) {
    stage.engine().Submit({Stage::Saga("order-1", 2)}, WaitFor::kEnd, [&](Answer answer) {
      EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
      ++(answer.verdict == core::Verdict::kAccepted ? accepted : already);
    });
  }
  stage.Run(base::Seconds(1));
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(already, 49);
  EXPECT_THAT(stage.calls, UnorderedElementsAre("order-1/01/action", "order-1/02/action"));
}

TEST(EngineAdmission, GidsThatArePrefixesOfEachOtherDoNotMix) {
  Stage stage;
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    if (call.gid == "order-1" && call.branch_id == "02")
      return {.outcome = core::Outcome::kUnknown};
    if (call.gid == "order-10" && call.branch_id == "01")
      return {.outcome = core::Outcome::kOngoing};
    return {};
  };
  for (const char* gid : {"order-1", "order-10", "order-100"}) {
    stage.engine().Submit({Stage::Saga(gid, 3)}, WaitFor::kStored, [](Answer) {});
  }
  stage.Run(base::Seconds(1));
  stage.Restart();
  stage.participant = nullptr;
  stage.calls.clear();
  stage.Run(base::Seconds(60));
  for (const char* gid : {"order-1", "order-10", "order-100"}) {
    EXPECT_EQ(stage.StatusOf(gid), core::Status::kSucceed) << gid;
  }
  EXPECT_EQ(std::count(stage.calls.begin(), stage.calls.end(), "order-1/03/action"), 1);
  EXPECT_EQ(std::count(stage.calls.begin(), stage.calls.end(), "order-10/01/action"), 1);
}

TEST(EngineAdmission, AFullHouseTurnsNewcomersAwayAndLosesNobody) {
  Stage stage({.max_live = 10});
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.after = base::Millis(500)};
  };
  int overloaded = 0;
  std::set<std::string> stored;
  for (int i = 0; i < 30; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 1)}, WaitFor::kStored,
                          [&](Answer answer) {
                            if (answer.kind == Answer::Kind::kOverloaded) {
                              ++overloaded;
                            } else {
                              stored.insert(answer.transaction.gid);
                            }
                          });
  }
  stage.Run(base::Seconds(2));
  EXPECT_EQ(stored.size(), 10u);
  EXPECT_EQ(overloaded, 20);
  EXPECT_EQ(stage.refused, 20u);
  for (const std::string& gid : stored) EXPECT_EQ(stage.StatusOf(gid), core::Status::kSucceed);
  EXPECT_EQ(stage.SubmitAndRun(Stage::Saga("later", 1), WaitFor::kEnd, base::Seconds(2))
                .transaction.status,
            core::Status::kSucceed);
}

TEST(EngineAdmission, AFullHouseStillServesThoseInside) {
  Stage stage({.max_live = 1});
  core::GlobalTransaction tcc{.gid = "t", .mode = core::Mode::kTcc};
  bool prepared = false;
  stage.engine().Prepare(
      tcc, [&](Answer answer) { prepared = answer.verdict == core::Verdict::kAccepted; });
  stage.Run(base::Millis(10));
  EXPECT_TRUE(prepared);
  EXPECT_EQ(stage.SubmitAndRun(tcc, WaitFor::kEnd, base::Seconds(1)).transaction.status,
            core::Status::kSucceed);
}

TEST(EngineAdmission, ASecondSubmitOfAFinishedGidIsRefusedWithItsStatus) {
  Stage stage;
  ASSERT_EQ(stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kEnd, base::Seconds(1)).verdict,
            core::Verdict::kAccepted);
  const Answer again = stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(again.verdict, core::Verdict::kCannotSubmit);
  EXPECT_EQ(again.transaction.status, core::Status::kSucceed);
  EXPECT_EQ(stage.calls.size(), 1u);
}

TEST(EngineAdmission, RequestsAboutAnUnknownGid) {
  Stage stage;
  std::vector<core::Verdict> verdicts;
  const auto note = [&](Answer answer) { verdicts.push_back(answer.verdict); };
  stage.engine().Abort("nobody", {}, WaitFor::kStored, note);
  stage.engine().RegisterBranch("nobody", {}, note);
  stage.engine().RetryNow("nobody", {}, note);
  stage.engine().Wait("nobody", WaitFor::kEnd, note);
  stage.Run(base::Seconds(1));
  EXPECT_THAT(verdicts,
              testing::ElementsAre(core::Verdict::kNotFound, core::Verdict::kCannotRegister,
                                   core::Verdict::kNotFound, core::Verdict::kNotFound));
  EXPECT_EQ(stage.engine().Stats().live, 0u);
}

TEST(EngineAdmission, AfterStopEverybodyIsAnswered) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted { return {.hangs = true}; };
  int stopping = 0;
  const auto count = [&](Answer answer) {
    stopping += answer.kind == Answer::Kind::kStopping ? 1 : 0;
  };
  stage.engine().Submit({Stage::Saga("g", 1)}, WaitFor::kEnd, count);
  stage.Run(base::Millis(100));
  stage.engine().Stop();
  stage.engine().Submit({Stage::Saga("h", 1)}, WaitFor::kEnd, count);
  EXPECT_EQ(stopping, 2);
}

}  // namespace
}  // namespace saga::engine
