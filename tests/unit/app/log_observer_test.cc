#include "orchestrator/app/log_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/app/fanout_observer.h"

namespace saga::app {
namespace {

using testing::SizeIs;

class FixedClock final : public port::Clock {
 public:
  base::Time Now() override { return now; }
  base::Time now{1'000'000'000};
};

class LogObserverTest : public testing::Test {
 protected:
  LogObserverTest() {
    transaction_.gid = "order-42";
    transaction_.create_time = base::Time{1000};
    transaction_.finish_time = base::Time{3500};
    branch_.branch_id = "01";
    branch_.target = "127.0.0.1:9000/order.Order/Pay";
    branch_.attempts = 3;
  }

  void Answer(core::Outcome outcome, const std::string& text) {
    observer_.OnBranchAnswered(transaction_, branch_, outcome, text, base::Millis(2));
  }

  std::vector<nlohmann::json> lines_;
  Log log_{LogLevel::kDebug, LogFormat::kJson,
           [this](const std::string& line) { lines_.push_back(nlohmann::json::parse(line)); }};
  FixedClock clock_;
  LogObserver observer_{log_, clock_};
  core::GlobalTransaction transaction_;
  core::Branch branch_;
};

TEST_F(LogObserverTest, BranchLinesCarryGidBranchAndOp) {
  Answer(core::Outcome::kUnknown, "connection refused");
  ASSERT_THAT(lines_, SizeIs(1));
  const nlohmann::json& line = lines_[0];
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["msg"], "branch call unknown");
  EXPECT_EQ(line["gid"], "order-42");
  EXPECT_EQ(line["branch"], "01");
  EXPECT_EQ(line["op"], "action");
  EXPECT_EQ(line["attempt"], 3);
  EXPECT_EQ(line["destination"], "127.0.0.1:9000");
  EXPECT_EQ(line["error"], "connection refused");
  EXPECT_EQ(line["took_us"], 2000);
}

TEST_F(LogObserverTest, SuccessIsSilentAndOngoingAlmost) {
  Answer(core::Outcome::kSuccess, "");
  EXPECT_THAT(lines_, SizeIs(0));
  Answer(core::Outcome::kOngoing, "wait");
  branch_.attempts = 20;
  Answer(core::Outcome::kOngoing, "wait");
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_EQ(lines_[0]["level"], "debug");
  EXPECT_EQ(lines_[1]["level"], "warn");
}

TEST_F(LogObserverTest, DeadParticipantDoesNotFlood) {
  for (int i = 0; i < 1000; ++i) {
    transaction_.gid = absl::StrCat("order-", i);
    Answer(core::Outcome::kUnknown, "connection refused");
  }
  EXPECT_THAT(lines_, SizeIs(10));
  branch_.target = "127.0.0.1:9001/order.Order/Pay";
  Answer(core::Outcome::kUnknown, "another participant");
  EXPECT_THAT(lines_, SizeIs(11));
  branch_.target = "127.0.0.1:9000/order.Order/Pay";
  clock_.now = clock_.now + base::Seconds(11);
  Answer(core::Outcome::kUnknown, "connection refused");
  ASSERT_THAT(lines_, SizeIs(12));
  EXPECT_EQ(lines_.back()["suppressed"], 990);
}

TEST_F(LogObserverTest, LevelsOfATransactionsLife) {
  FanoutObserver fanout({&observer_, &observer_});
  fanout.OnOpened(transaction_, false);
  transaction_.rollback_reason = "out of stock";
  fanout.OnAborting(transaction_);
  transaction_.status = core::Status::kFailed;
  fanout.OnEnded(transaction_);
  transaction_.status = core::Status::kSucceed;
  fanout.OnEnded(transaction_);
  ASSERT_THAT(lines_, SizeIs(8)) << "each twice: the fan-out has two observers";
  EXPECT_EQ(lines_[0]["level"], "debug");
  EXPECT_EQ(lines_[0]["gid"], "order-42");
  EXPECT_EQ(lines_[2]["level"], "info");
  EXPECT_EQ(lines_[2]["reason"], "out of stock");
  EXPECT_EQ(lines_[4]["level"], "info");
  EXPECT_EQ(lines_[4]["took_us"], 2500);
  EXPECT_EQ(lines_[6]["level"], "debug");
}

TEST_F(LogObserverTest, StoreAndLimits) {
  FanoutObserver fanout({&observer_});
  fanout.OnCommit(10, 0, base::Millis(1));
  EXPECT_THAT(lines_, SizeIs(0));
  fanout.OnCommit(10, 4, base::Millis(1));
  fanout.OnRefused("max_live_transactions");
  fanout.OnStoreHealth(false, "disk full");
  fanout.OnStoreHealth(true, "");
  fanout.OnBranchAnswered(transaction_, branch_, core::Outcome::kFailure, "no", base::Millis(1));
  ASSERT_THAT(lines_, SizeIs(5));
  EXPECT_EQ(lines_[0]["failed"], 4);
  EXPECT_EQ(lines_[1]["limit"], "max_live_transactions");
  EXPECT_EQ(lines_[2]["level"], "error");
  EXPECT_EQ(lines_[2]["error"], "disk full");
  EXPECT_EQ(lines_[3]["level"], "info");
  EXPECT_EQ(lines_[4]["msg"], "branch call failed");
}

}  // namespace
}  // namespace saga::app
