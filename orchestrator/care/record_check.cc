#include "orchestrator/care/record_check.h"

#include <set>
#include <string_view>
#include <utility>

#include "orchestrator/care/findings.h"
#include "orchestrator/care/history_check.h"
#include "orchestrator/care/mode_check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"

namespace saga::care {
namespace {

using core::Branch;
using core::BranchStatus;
using core::DeadReason;
using core::GlobalTransaction;

constexpr char kUnknownValue[] = "unknown_value";

bool Known(core::HistoryKind kind) {
  return kind >= core::HistoryKind::kPrepared && kind <= core::HistoryKind::kFallback;
}

// A word stands for every value that an enum has.
template <typename Enum>
void CheckValue(Enum value, std::string_view what, Findings* findings) {
  if (WordOf(value).empty())
    findings->Add(kUnknownValue, what, " is ", static_cast<unsigned>(value));
}

void CheckValues(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  CheckValue(t.mode, "the mode", findings);
  CheckValue(t.status, "the status", findings);
  CheckValue(t.protocol, "the protocol", findings);
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    const std::string of = absl::StrCat(" of row ", row);
    CheckValue(branch.op, absl::StrCat("the op", of), findings);
    CheckValue(branch.status, absl::StrCat("the status", of), findings);
    CheckValue(branch.last_outcome, absl::StrCat("the last outcome", of), findings);
    if (branch.dead != DeadReason::kNone)
      CheckValue(branch.dead, absl::StrCat("the dead letter's reason", of), findings);
  }
  for (size_t i = 0; i < audited.history.size(); ++i) {
    const core::HistoryEntry& entry = audited.history[i];
    if (!Known(entry.kind)) {
      findings->Add(kUnknownValue, "the kind of history entry ", i, " is ",
                    static_cast<unsigned>(entry.kind));
    }
    CheckValue(entry.op, absl::StrCat("the op of history entry ", i), findings);
    CheckValue(entry.outcome, absl::StrCat("the outcome of history entry ", i), findings);
  }
}

void CheckIdentity(const GlobalTransaction& t, Findings* findings) {
  if (t.gid.empty() || t.gid.size() > core::kMaxGidLength)
    findings->Add("gid_length", "the gid has ", t.gid.size(), " bytes");
  if (t.version < 1) findings->Add("version_below_one", "the version is ", t.version);
  if (!t.create_time.IsSet()) findings->Add("birth_without_time", "create_time is not set");
  std::set<std::pair<std::string_view, core::Op>> seen;
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    if (branch.branch_id.empty() || branch.branch_id.size() > core::kMaxBranchIdLength) {
      findings->Add("branch_id_length", "the branch_id of row ", row, " has ",
                    branch.branch_id.size(), " bytes");
    }
    if (!seen.insert({branch.branch_id, branch.op}).second)
      findings->Add("duplicate_branch_op", RowName(t, row), " is there twice");
  }
}

void CheckEnd(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  if (!core::IsFinal(t.status)) {
    if (t.finish_time.IsSet())
      findings->Add("end_time_of_open", "it is ", WordOf(t.status), " and has a finish_time");
    // What settings the server has decides when, never whether.
    const base::Time owed = core::NextWake(t, core::Settings{});
    if (audited.next_wake == base::kNever && owed != base::kNever) {
      findings->Add("open_without_wake", "it is ", WordOf(t.status),
                    ", something is owed, and nothing would ever wake it");
    }
    return;
  }
  if (!t.finish_time.IsSet())
    findings->Add("end_without_time", "it is ", WordOf(t.status), " without a finish_time");
  if (audited.next_wake != base::kNever)
    findings->Add("ended_with_wake", "it is ", WordOf(t.status), " and is to be woken");
}

void CheckDead(const GlobalTransaction& t, size_t row, Findings* findings) {
  const Branch& branch = t.branches[row];
  if (branch.dead == DeadReason::kNone) return;
  if (core::IsFinal(t.status))
    findings->Add("dead_letter_of_ended", RowName(t, row), " is one, and the transaction ended");
  if (branch.status != BranchStatus::kPrepared)
    findings->Add("dead_letter_settled", RowName(t, row), " is one, and is ",
                  WordOf(branch.status));
  if (!branch.dead_time.IsSet() || branch.deaths == 0)
    findings->Add("dead_letter_without_death", RowName(t, row), " is one that never died");
}

void CheckBranch(const GlobalTransaction& t, size_t row, Findings* findings) {
  const Branch& branch = t.branches[row];
  // DTM notes no end of a workflow's steps, and one may have begun there.
  const bool untold = t.mode == core::Mode::kWorkflow && !branch.finish_time.IsSet();
  if (!untold && (branch.status == BranchStatus::kPrepared) == branch.finish_time.IsSet()) {
    findings->Add("row_end_time", RowName(t, row), " is ", WordOf(branch.status),
                  branch.finish_time.IsSet() ? " with" : " without", " a finish_time");
  }
  if (branch.attempts > 0 && !branch.called) {
    findings->Add("call_forgotten", RowName(t, row), " counts ", branch.attempts,
                  " attempts and does not count as called");
  }
  if (branch.unknown_streak > branch.attempts) {
    findings->Add("streak_beyond_attempts", RowName(t, row), " counts ", branch.unknown_streak,
                  " unknown outcomes of ", branch.attempts, " attempts");
  }
  if (branch.on_fallback && (branch.status != BranchStatus::kPrepared || core::IsFinal(t.status)))
    findings->Add("fallback_of_settled", RowName(t, row), " awaits a reply that nobody needs");
  const core::RetryPolicy& retry = branch.retry;
  if (retry.interval.micros < 0 || retry.cap.micros < 0 || !(retry.jitter >= 0) ||
      !(retry.jitter <= 1) || !(retry.factor == 0 || retry.factor >= 1)) {
    findings->Add("retry_out_of_range", RowName(t, row), " has a retry policy that none can be");
  }
  CheckDead(t, row, findings);
}

void CheckOptions(const GlobalTransaction& t, Findings* findings) {
  const core::Options& options = t.options;
  for (const int64_t value :
       {options.timeout_to_fail_s, options.retry_interval_s, options.request_timeout_s,
        options.retry_limit, options.attempt_limit, t.delay_s}) {
    if (value >= 0) continue;
    findings->Add("option_out_of_range", "an option is ", value);
    break;
  }
  if (t.limited_retries > 0 && static_cast<int64_t>(t.limited_retries) > options.retry_limit) {
    findings->Add("retries_beyond_limit", t.limited_retries, " of ", options.retry_limit,
                  " repeats were used up");
  }
}

}  // namespace

std::vector<port::Finding> CheckRecord(const port::AuditedTransaction& audited) {
  const GlobalTransaction& t = audited.transaction;
  Findings findings(t.gid);
  CheckValues(audited, &findings);
  if (!findings.empty()) return findings.Take();
  CheckIdentity(t, &findings);
  CheckEnd(audited, &findings);
  CheckOptions(t, &findings);
  for (size_t row = 0; row < t.branches.size(); ++row) CheckBranch(t, row, &findings);
  CheckMode(audited, &findings);
  CheckHistory(audited, &findings);
  return findings.Take();
}

std::vector<port::Finding> CheckJob(const port::AuditedJob& audited) {
  const port::Job& job = audited.job;
  const port::JobCounts& counts = audited.counts;
  Findings findings(absl::StrCat("job ", job.token));
  const auto contradict = [&](const auto&... words) {
    findings.Add("job_contradicts_items", words...);
  };
  switch (job.state) {
    case port::JobState::kSelected:
      if (counts.running + counts.done + counts.failed > 0)
        contradict("it was never executed, and items of it were");
      if (job.start_time.IsSet()) findings.Add("job_times", "it was never executed, and started");
      break;
    case port::JobState::kRunning:
    case port::JobState::kStopping:
      if (!job.start_time.IsSet()) findings.Add("job_times", "it runs, and never started");
      if (job.end_time.IsSet()) findings.Add("job_times", "it runs, and has ended");
      break;
    case port::JobState::kDone:
      if (counts.pending + counts.running > 0)
        contradict("it is done, and ", counts.pending + counts.running, " items are not");
      [[fallthrough]];
    case port::JobState::kStopped:
      if (counts.running > 0) contradict("it ended, and ", counts.running, " items run");
      if (!job.end_time.IsSet()) findings.Add("job_times", "it ended, without a time");
      break;
  }
  return findings.Take();
}

}  // namespace saga::care
