// Each rule finds what breaks it, by its own name, and nothing else.

#include "orchestrator/care/record_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace saga::care {
namespace {

using core::Branch;
using core::BranchStatus;
using core::HistoryKind;
using core::Mode;
using core::Op;
using core::Status;
using port::AuditedTransaction;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::Time kBirth{1'700'000'000'000'000};
constexpr base::Time kEnd{1'700'000'001'000'000};

Branch Row(const std::string& id, Op op, BranchStatus status) {
  Branch branch;
  branch.branch_id = id;
  branch.op = op;
  branch.target = "localhost:50051/shop.Stock/Step";
  branch.status = status;
  if (status == BranchStatus::kPrepared) return branch;
  branch.finish_time = kEnd;
  branch.called = true;
  branch.attempts = 1;
  return branch;
}

AuditedTransaction Of(Mode mode, Status status, std::vector<Branch> rows) {
  AuditedTransaction audited;
  core::GlobalTransaction& t = audited.transaction;
  t.gid = "order-1";
  t.mode = mode;
  t.status = status;
  t.version = 2;
  t.create_time = t.update_time = kBirth;
  if (core::IsFinal(status)) {
    t.finish_time = kEnd;
  } else {
    audited.next_wake = kBirth;
  }
  t.branches = std::move(rows);
  if (status == Status::kAborting)
    audited.history = {{.time = kEnd, .kind = HistoryKind::kAborting}};
  if (status == Status::kFailed) audited.history = {{.time = kEnd, .kind = HistoryKind::kEnded}};
  return audited;
}

AuditedTransaction Saga(Status status, BranchStatus action, BranchStatus undo) {
  return Of(Mode::kSaga, status,
            {Row("01", Op::kCompensate, undo), Row("01", Op::kAction, action),
             Row("02", Op::kCompensate, undo), Row("02", Op::kAction, action)});
}
AuditedTransaction Succeeded() {
  return Saga(Status::kSucceed, BranchStatus::kSucceed, BranchStatus::kPrepared);
}
AuditedTransaction Failed() {
  return Saga(Status::kFailed, BranchStatus::kSucceed, BranchStatus::kSucceed);
}
AuditedTransaction Open() {
  return Saga(Status::kSubmitted, BranchStatus::kPrepared, BranchStatus::kPrepared);
}
AuditedTransaction Tcc(Status status, BranchStatus confirm, BranchStatus cancel) {
  return Of(Mode::kTcc, status, {Row("01", Op::kCancel, cancel), Row("01", Op::kConfirm, confirm)});
}
AuditedTransaction Message(Status status, BranchStatus delivered) {
  return Of(Mode::kMessage, status,
            {Row("00", Op::kQuery, BranchStatus::kPrepared), Row("01", Op::kAction, delivered)});
}
AuditedTransaction Workflow(Status status) {
  return Of(Mode::kWorkflow, status,
            {Row("00", Op::kCallback, BranchStatus::kPrepared),
             Row("01", Op::kAction, BranchStatus::kSucceed)});
}

std::vector<std::string> Names(const AuditedTransaction& audited) {
  std::vector<std::string> names;
  for (const port::Finding& finding : CheckRecord(audited)) {
    EXPECT_FALSE(finding.text.empty()) << finding.name;
    EXPECT_EQ(finding.subject, audited.transaction.gid) << finding.name;
    names.push_back(finding.name);
  }
  return names;
}

TEST(RecordCheck, GoodOnesHaveNoFinding) {
  const auto prepared = BranchStatus::kPrepared;
  const auto succeed = BranchStatus::kSucceed;
  for (const AuditedTransaction& good :
       {Succeeded(), Failed(), Open(), Saga(Status::kAborting, succeed, prepared),
        Tcc(Status::kPrepared, prepared, prepared), Tcc(Status::kSucceed, succeed, prepared),
        Tcc(Status::kFailed, prepared, succeed), Message(Status::kPrepared, prepared),
        Message(Status::kSubmitted, prepared), Message(Status::kSucceed, succeed),
        Message(Status::kFailed, prepared), Workflow(Status::kPrepared), Workflow(Status::kSucceed),
        Workflow(Status::kFailed)}) {
    EXPECT_THAT(Names(good), IsEmpty())
        << static_cast<int>(good.transaction.mode) << static_cast<int>(good.transaction.status);
  }
}

struct Corruption {
  std::string name;  // of the rule
  AuditedTransaction (*good)();
  std::function<void(AuditedTransaction&)> spoil;
};

class Rules : public testing::TestWithParam<Corruption> {};

TEST_P(Rules, FindsItByName) {
  AuditedTransaction audited = GetParam().good();
  ASSERT_THAT(Names(audited), IsEmpty());
  GetParam().spoil(audited);
  const std::vector<std::string> names = Names(audited);
  EXPECT_THAT(names, Each(GetParam().name));
  EXPECT_THAT(names, Contains(GetParam().name));
}

Branch& RowOf(AuditedTransaction& audited, size_t row) { return audited.transaction.branches[row]; }

void Kill(Branch& branch) {
  branch.dead = core::DeadReason::kContract;
  branch.dead_time = kEnd;
  branch.deaths = 1;
}

std::vector<Corruption> OfTheTransaction() {
  return {
      {"gid_length", Open, [](auto& a) { a.transaction.gid.clear(); }},
      {"version_below_one", Open, [](auto& a) { a.transaction.version = 0; }},
      {"birth_without_time", Open, [](auto& a) { a.transaction.create_time = {}; }},
      {"unknown_value", Open, [](auto& a) { a.transaction.mode = static_cast<Mode>(9); }},
      {"unknown_value", Open, [](auto& a) { RowOf(a, 1).op = static_cast<Op>(77); }},
      {"unknown_value", Failed, [](auto& a) { a.history[0].kind = static_cast<HistoryKind>(99); }},
      {"ended_with_wake", Succeeded, [](auto& a) { a.next_wake = kEnd; }},
      {"open_without_wake", Open, [](auto& a) { a.next_wake = base::kNever; }},
      {"end_without_time", Succeeded, [](auto& a) { a.transaction.finish_time = {}; }},
      {"end_time_of_open", Open, [](auto& a) { a.transaction.finish_time = kEnd; }},
      {"option_out_of_range", Open, [](auto& a) { a.transaction.options.retry_interval_s = -1; }},
      {"retries_beyond_limit", Open, [](auto& a) { a.transaction.limited_retries = 3; }},
      {"order_graph", Open,
       [](auto& a) {
         a.transaction.predecessors = {{}, {7}};
       }},
      {"order_graph", Open,
       [](auto& a) {
         a.transaction.predecessors = {{1}, {0}};
       }},
      {"order_graph", Open,
       [](auto& a) {
         a.transaction.predecessors = {{}, {}, {0}};
       }},
      {"status_of_other_mode", [] { return Message(Status::kSubmitted, BranchStatus::kPrepared); },
       [](auto& a) {
         a.transaction.status = Status::kAborting;
         a.history = {{.kind = HistoryKind::kAborting}};
       }},
  };
}

std::vector<Corruption> OfRows() {
  return {
      {"duplicate_branch_op", [] { return Message(Status::kSubmitted, BranchStatus::kPrepared); },
       [](auto& a) { a.transaction.branches.push_back(RowOf(a, 1)); }},
      {"branch_id_length", Open,
       [](auto& a) { RowOf(a, 0).branch_id = RowOf(a, 1).branch_id = std::string(200, '1'); }},
      {"rows_out_of_order", Open, [](auto& a) { std::swap(RowOf(a, 0), RowOf(a, 1)); }},
      {"rows_out_of_order", Open, [](auto& a) { a.transaction.branches.pop_back(); }},
      {"rows_out_of_order",
       [] { return Tcc(Status::kPrepared, BranchStatus::kPrepared, BranchStatus::kPrepared); },
       [](auto& a) { RowOf(a, 0).branch_id = "02"; }},
      {"op_of_other_mode", Open, [](auto& a) { RowOf(a, 1).op = Op::kConfirm; }},
      {"succeeded_undone_work", Succeeded,
       [](auto& a) {
         RowOf(a, 3).status = BranchStatus::kPrepared;
         RowOf(a, 3).finish_time = {};
       }},
      {"succeeded_undone_work", [] { return Message(Status::kSucceed, BranchStatus::kSucceed); },
       [](auto& a) { RowOf(a, 1) = Row("01", Op::kAction, BranchStatus::kPrepared); }},
      {"failed_not_undone", Failed,
       [](auto& a) { RowOf(a, 2) = Row("02", Op::kCompensate, BranchStatus::kPrepared); }},
      {"failed_not_undone",
       [] { return Tcc(Status::kFailed, BranchStatus::kPrepared, BranchStatus::kSucceed); },
       [](auto& a) { RowOf(a, 0) = Row("01", Op::kCancel, BranchStatus::kPrepared); }},
      {"failure_not_followed", Open,
       [](auto& a) { RowOf(a, 1) = Row("01", Op::kAction, BranchStatus::kFailed); }},
      {"other_way_taken",
       [] { return Tcc(Status::kSucceed, BranchStatus::kSucceed, BranchStatus::kPrepared); },
       [](auto& a) { RowOf(a, 0) = Row("01", Op::kCancel, BranchStatus::kSucceed); }},
      {"other_way_taken", [] { return Message(Status::kFailed, BranchStatus::kPrepared); },
       [](auto& a) { RowOf(a, 1) = Row("01", Op::kAction, BranchStatus::kSucceed); }},
      {"step_without_result", [] { return Workflow(Status::kPrepared); },
       [](auto& a) { RowOf(a, 1) = Row("01", Op::kAction, BranchStatus::kPrepared); }},
      {"row_end_time", Succeeded, [](auto& a) { RowOf(a, 1).finish_time = {}; }},
      {"row_end_time", Open, [](auto& a) { RowOf(a, 1).finish_time = kEnd; }},
      {"call_forgotten", Open, [](auto& a) { RowOf(a, 1).attempts = 1; }},
      {"streak_beyond_attempts", Open, [](auto& a) { RowOf(a, 1).unknown_streak = 1; }},
      {"fallback_of_settled", Succeeded, [](auto& a) { RowOf(a, 1).on_fallback = true; }},
      {"retry_out_of_range", Open, [](auto& a) { RowOf(a, 1).retry.jitter = 2; }},
      {"dead_letter_of_ended", Succeeded, [](auto& a) { Kill(RowOf(a, 0)); }},
      {"dead_letter_settled",
       [] { return Saga(Status::kAborting, BranchStatus::kSucceed, BranchStatus::kPrepared); },
       [](auto& a) { Kill(RowOf(a, 1)); }},
      {"dead_letter_without_death", Open,
       [](auto& a) {
         Kill(RowOf(a, 3));
         RowOf(a, 3).deaths = 0;
       }},
  };
}

std::vector<Corruption> OfTheHistory() {
  return {
      {"history_too_long", Open,
       [](auto& a) { a.history.assign(1001, {.kind = HistoryKind::kRetryRequested}); }},
      {"history_of_no_row", Open,
       [](auto& a) { a.history = {{.kind = HistoryKind::kAnswered, .branch_id = "09"}}; }},
      {"history_contradicts_status", Succeeded,
       [](auto& a) { a.history = {{.kind = HistoryKind::kAborting}}; }},
      {"history_contradicts_status", Open,
       [](auto& a) { a.history = {{.kind = HistoryKind::kEnded}}; }},
      {"history_after_end", Failed,
       [](auto& a) { a.history.push_back({.kind = HistoryKind::kRetryRequested}); }},
      {"end_untold", Failed, [](auto& a) { a.history.clear(); }},
      {"turn_untold",
       [] { return Saga(Status::kAborting, BranchStatus::kSucceed, BranchStatus::kPrepared); },
       [](auto& a) { a.history.clear(); }},
  };
}

std::string CaseName(const testing::TestParamInfo<Corruption>& info) {
  return info.param.name + "_" + std::to_string(info.index);
}
INSTANTIATE_TEST_SUITE_P(Transaction, Rules, testing::ValuesIn(OfTheTransaction()), CaseName);
INSTANTIATE_TEST_SUITE_P(Rows, Rules, testing::ValuesIn(OfRows()), CaseName);
INSTANTIATE_TEST_SUITE_P(History, Rules, testing::ValuesIn(OfTheHistory()), CaseName);

TEST(RecordCheck, WhatWasGivenUpOwesNothing) {
  AuditedTransaction audited =
      Saga(Status::kFailed, BranchStatus::kSucceed, BranchStatus::kPrepared);
  EXPECT_THAT(Names(audited), ElementsAre("failed_not_undone", "failed_not_undone"));
  audited.history = {{.kind = HistoryKind::kForceStopped}};
  EXPECT_THAT(Names(audited), IsEmpty());
}

TEST(RecordCheck, WhereAHistoryIsNotWholeNothingIsMissed) {
  AuditedTransaction audited = Failed();
  audited.history.clear();
  audited.whole_history = false;
  EXPECT_THAT(Names(audited), IsEmpty());
}

TEST(RecordCheck, ADeadLetterKeepsItsTransactionAsleep) {
  AuditedTransaction audited = Open();
  Kill(RowOf(audited, 1));
  audited.next_wake = base::kNever;
  EXPECT_THAT(Names(audited), IsEmpty());
}

std::vector<std::string> JobNames(const port::AuditedJob& audited) {
  std::vector<std::string> names;
  for (const port::Finding& finding : CheckJob(audited)) names.push_back(finding.name);
  return names;
}

TEST(JobCheck, StatesAndItemsAgree) {
  port::AuditedJob job;
  job.job.token = "7f3a";
  job.job.create_time = kBirth;
  job.counts.pending = 3;
  EXPECT_THAT(JobNames(job), IsEmpty());
  job.counts.done = 1;
  EXPECT_THAT(JobNames(job), ElementsAre("job_contradicts_items"));
  job.job.state = port::JobState::kRunning;
  EXPECT_THAT(JobNames(job), ElementsAre("job_times"));
  job.job.start_time = kBirth;
  EXPECT_THAT(JobNames(job), IsEmpty());
  job.job.state = port::JobState::kDone;
  EXPECT_THAT(JobNames(job), ElementsAre("job_contradicts_items", "job_times"));
  job.counts.pending = 0;
  job.job.end_time = kEnd;
  EXPECT_THAT(JobNames(job), IsEmpty());
  job.job.state = port::JobState::kStopped;
  job.counts.pending = 2;
  EXPECT_THAT(JobNames(job), IsEmpty());
  job.counts.running = 1;
  EXPECT_THAT(JobNames(job), ElementsAre("job_contradicts_items"));
}

}  // namespace
}  // namespace saga::care
