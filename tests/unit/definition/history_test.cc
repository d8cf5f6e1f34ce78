#include "orchestrator/api/admin_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "orchestrator/api/definition_submit.h"

namespace saga::api {
namespace {

using core::GlobalTransaction;
using core::HistoryEntry;
using core::HistoryKind;
using core::Status;
using ::testing::ElementsAre;

GlobalTransaction Make(core::Mode mode, Status status) {
  GlobalTransaction transaction;
  transaction.mode = mode;
  transaction.status = status;
  transaction.create_time = base::Time{100};
  if (core::IsFinal(status)) transaction.finish_time = base::Time{900};
  return transaction;
}

HistoryEntry Entry(HistoryKind kind, int64_t time) {
  HistoryEntry entry;
  entry.kind = kind;
  entry.time = base::Time{time};
  return entry;
}

std::vector<HistoryKind> Kinds(const GlobalTransaction& transaction,
                               std::vector<HistoryEntry> stored = {}) {
  std::vector<HistoryKind> kinds;
  for (const HistoryEntry& entry : WholeHistory(transaction, std::move(stored)))
    kinds.push_back(entry.kind);
  return kinds;
}

TEST(WholeHistoryTest, HowItBegan) {
  EXPECT_THAT(Kinds(Make(core::Mode::kSaga, Status::kSubmitted)),
              ElementsAre(HistoryKind::kSubmitted));
  EXPECT_THAT(Kinds(Make(core::Mode::kTcc, Status::kPrepared)),
              ElementsAre(HistoryKind::kPrepared));
  EXPECT_THAT(
      Kinds(Make(core::Mode::kTcc, Status::kSubmitted), {Entry(HistoryKind::kSubmitted, 200)}),
      ElementsAre(HistoryKind::kPrepared, HistoryKind::kSubmitted));
  EXPECT_THAT(
      Kinds(Make(core::Mode::kTcc, Status::kAborting), {Entry(HistoryKind::kAborting, 200)}),
      ElementsAre(HistoryKind::kPrepared, HistoryKind::kAborting));
  EXPECT_THAT(
      Kinds(Make(core::Mode::kSaga, Status::kAborting), {Entry(HistoryKind::kAborting, 200)}),
      ElementsAre(HistoryKind::kSubmitted, HistoryKind::kAborting));
  EXPECT_THAT(Kinds(Make(core::Mode::kMessage, Status::kFailed), {Entry(HistoryKind::kEnded, 900)}),
              ElementsAre(HistoryKind::kPrepared, HistoryKind::kEnded));
}

TEST(WholeHistoryTest, SuccessesComeFromTheRowsInTheOrderOfTime) {
  GlobalTransaction saga = Make(core::Mode::kSaga, Status::kFailed);
  core::Branch row;
  row.branch_id = "01";
  row.op = core::Op::kCompensate;
  row.status = core::BranchStatus::kSucceed;
  row.attempts = 2;
  row.finish_time = base::Time{800};
  saga.branches.push_back(row);
  row.op = core::Op::kAction;
  row.attempts = 1;
  row.finish_time = base::Time{200};
  saga.branches.push_back(row);
  row.branch_id = "02";
  row.attempts = 0;  // without a target: nobody was called
  saga.branches.push_back(row);

  const std::vector<HistoryEntry> entries =
      WholeHistory(saga, {Entry(HistoryKind::kAnswered, 300), Entry(HistoryKind::kAborting, 300)});
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_EQ(entries[0].kind, HistoryKind::kSubmitted);
  EXPECT_EQ(entries[1].time, base::Time{200});
  EXPECT_EQ(entries[1].outcome, core::Outcome::kSuccess);
  EXPECT_EQ(entries[1].op, core::Op::kAction);
  EXPECT_EQ(entries[2].kind, HistoryKind::kAnswered);
  EXPECT_EQ(entries[3].kind, HistoryKind::kAborting);
  EXPECT_EQ(entries[4].op, core::Op::kCompensate);
  EXPECT_EQ(entries[4].attempt, 2u);
  EXPECT_EQ(entries[5].kind, HistoryKind::kEnded);
  EXPECT_EQ(entries[5].text, "failed");
}

TEST(WholeHistoryTest, WhoSubmittedStandsAtTheBeginning) {
  GlobalTransaction saga = Make(core::Mode::kSaga, Status::kSubmitted);
  saga.definition = "pay";
  saga.definition_version = 3;
  saga.custom_data = CustomDataOf("ann@desk \"x\": why\xff");
  const std::vector<HistoryEntry> entries = WholeHistory(saga, {});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].actor, "ann@desk \"x\": why\xEF\xBF\xBD");
  EXPECT_EQ(entries[0].text, "definition pay version 3");
}

TEST(SubmittedByTest, AClientsOwnCustomDataSaysNothingAboutIt) {
  GlobalTransaction saga = Make(core::Mode::kSaga, Status::kSubmitted);
  saga.custom_data = R"({"submitted_by":"mallory"})";
  EXPECT_EQ(SubmittedBy(saga), "");
  saga.definition = "pay";
  EXPECT_EQ(SubmittedBy(saga), "mallory");
  for (const char* other : {"", "nonsense", "[]", "{}", R"({"submitted_by":1})"}) {
    saga.custom_data = other;
    EXPECT_EQ(SubmittedBy(saga), "") << other;
  }
}

}  // namespace
}  // namespace saga::api
