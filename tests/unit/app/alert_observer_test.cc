// Which answers of branches raise an alert, and what it says (protocol 6.3).

#include "orchestrator/app/alert_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "orchestrator/core/words.h"

namespace saga::app {
namespace {

using core::Mode;
using core::Op;
using core::Outcome;
using core::Status;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Received final : public port::AlertSink {
 public:
  void Send(port::Alert alert) override { alerts.push_back(std::move(alert)); }
  std::vector<port::Alert> alerts;
};

class AlertObserverTest : public testing::Test {
 protected:
  AlertObserverTest() {
    transaction_.gid = "order-42";
    branch_.branch_id = "01";
    branch_.target = "http://127.0.0.1:9000/pay";
    Be(Mode::kSaga, Status::kSubmitted, Op::kAction);
  }

  void Be(Mode mode, Status status, Op op) {
    transaction_.mode = mode;
    transaction_.status = status;
    branch_.op = op;
    branch_.unknown_streak = 2;
  }

  // An answer, and what the core makes of the streak.
  void Answer(Outcome outcome, const std::string& text = "status 500") {
    observer_.OnBranchAnswered(transaction_, branch_, outcome, text, base::Millis(2));
  }

  Received sink_;
  AlertObserver observer_{sink_, 3};
  core::GlobalTransaction transaction_;
  core::Branch branch_;
};

TEST_F(AlertObserverTest, TheThirdUselessAnswerInARowAndEveryFurtherOne) {
  for (uint32_t before = 0; before < 5; ++before) {
    branch_.unknown_streak = before;
    Answer(Outcome::kUnknown);
  }
  ASSERT_THAT(sink_.alerts, SizeIs(3));
  std::vector<uint32_t> counts;
  for (const port::Alert& alert : sink_.alerts) counts.push_back(alert.retry_count);
  EXPECT_THAT(counts, ElementsAre(3, 4, 5));
}

TEST_F(AlertObserverTest, SaysWhatAndWhy) {
  Be(Mode::kTcc, Status::kAborting, Op::kCancel);
  Answer(Outcome::kUnknown, "connection refused");
  ASSERT_THAT(sink_.alerts, SizeIs(1));
  const port::Alert& alert = sink_.alerts[0];
  EXPECT_EQ(alert.gid, "order-42");
  EXPECT_EQ(alert.status, Status::kAborting);
  EXPECT_EQ(alert.branch, "http://127.0.0.1:9000/pay");
  EXPECT_EQ(alert.error, "connection refused");
  EXPECT_EQ(alert.retry_count, 3u);
}

TEST_F(AlertObserverTest, GoodAnswersRaiseNone) {
  Answer(Outcome::kSuccess);
  Answer(Outcome::kOngoing);
  EXPECT_THAT(sink_.alerts, IsEmpty());
}

TEST_F(AlertObserverTest, AFailureCountsOnlyWhereNoneIsAllowed) {
  Answer(Outcome::kFailure);
  EXPECT_THAT(sink_.alerts, IsEmpty()) << "the action of a saga may fail";
  const std::vector<std::tuple<Mode, Status, Op>> not_allowed = {
      {Mode::kSaga, Status::kAborting, Op::kCompensate},
      {Mode::kTcc, Status::kSubmitted, Op::kConfirm},
      {Mode::kTcc, Status::kAborting, Op::kCancel},
      {Mode::kMessage, Status::kSubmitted, Op::kAction},
      {Mode::kXa, Status::kSubmitted, Op::kCommit},
      {Mode::kXa, Status::kAborting, Op::kRollback},
  };
  for (const auto& [mode, status, op] : not_allowed) {
    sink_.alerts.clear();
    Be(mode, status, op);
    Answer(Outcome::kFailure);
    EXPECT_THAT(sink_.alerts, SizeIs(1)) << core::WordOf(mode) << " " << core::WordOf(op);
  }
}

TEST_F(AlertObserverTest, AskingTheClientBackRaisesNone) {
  Be(Mode::kMessage, Status::kPrepared, Op::kQuery);
  Answer(Outcome::kUnknown);
  Be(Mode::kWorkflow, Status::kPrepared, Op::kCallback);
  Answer(Outcome::kUnknown);
  EXPECT_THAT(sink_.alerts, IsEmpty());
}

TEST_F(AlertObserverTest, LateAnswersRaiseNone) {
  branch_.status = core::BranchStatus::kSucceed;
  Answer(Outcome::kUnknown);
  branch_.status = core::BranchStatus::kPrepared;
  transaction_.status = Status::kAborting;
  Answer(Outcome::kUnknown);
  EXPECT_THAT(sink_.alerts, IsEmpty()) << "an action is not repeated once it is being undone";
}

}  // namespace
}  // namespace saga::app
