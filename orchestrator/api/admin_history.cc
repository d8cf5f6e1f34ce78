#include "orchestrator/api/admin_history.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/definition_submit.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

bool Has(const std::vector<core::HistoryEntry>& entries, core::HistoryKind kind) {
  return std::any_of(entries.begin(), entries.end(),
                     [kind](const core::HistoryEntry& entry) { return entry.kind == kind; });
}

// An operator said that it is done; nobody answered.
bool WasResolved(const core::Branch& branch, const std::vector<core::HistoryEntry>& stored) {
  return std::any_of(stored.begin(), stored.end(), [&](const core::HistoryEntry& entry) {
    return entry.kind == core::HistoryKind::kResolved && entry.branch_id == branch.branch_id &&
           entry.op == branch.op;
  });
}

// A transaction that somebody submitted later, or that ended without one, began as prepared. A saga
// begins submitted unless it says otherwise.
bool BeganPrepared(const core::GlobalTransaction& t,
                   const std::vector<core::HistoryEntry>& stored) {
  if (t.status == core::Status::kPrepared || Has(stored, core::HistoryKind::kSubmitted))
    return true;
  const bool undone = t.status == core::Status::kAborting || t.status == core::Status::kFailed;
  return undone && t.mode != core::Mode::kSaga;
}

core::HistoryEntry Beginning(const core::GlobalTransaction& t,
                             const std::vector<core::HistoryEntry>& stored) {
  core::HistoryEntry entry;
  entry.time = t.create_time;
  entry.kind =
      BeganPrepared(t, stored) ? core::HistoryKind::kPrepared : core::HistoryKind::kSubmitted;
  entry.actor = SubmittedBy(t);
  if (!t.definition.empty())
    entry.text = absl::StrCat("definition ", t.definition, " version ", t.definition_version);
  return entry;
}

}  // namespace

std::vector<core::HistoryEntry> WholeHistory(const core::GlobalTransaction& transaction,
                                             std::vector<core::HistoryEntry> stored) {
  std::vector<core::HistoryEntry> entries;
  if (!Has(stored, core::HistoryKind::kPrepared)) entries.push_back(Beginning(transaction, stored));
  for (const core::Branch& branch : transaction.branches) {
    // One without attempts had no target and succeeded without a call.
    if (branch.status != core::BranchStatus::kSucceed || branch.attempts == 0) continue;
    if (WasResolved(branch, stored)) continue;
    core::HistoryEntry entry;
    entry.time = branch.finish_time;
    entry.kind = core::HistoryKind::kAnswered;
    entry.branch_id = branch.branch_id;
    entry.op = branch.op;
    entry.attempt = branch.attempts;
    entry.outcome = core::Outcome::kSuccess;
    entries.push_back(std::move(entry));
  }
  const bool end_missing =
      core::IsFinal(transaction.status) && !Has(stored, core::HistoryKind::kEnded);
  std::move(stored.begin(), stored.end(), std::back_inserter(entries));
  if (end_missing) {
    core::HistoryEntry entry;
    entry.time = transaction.finish_time;
    entry.kind = core::HistoryKind::kEnded;
    entry.text = core::WordOf(transaction.status);
    entries.push_back(std::move(entry));
  }
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const core::HistoryEntry& a, const core::HistoryEntry& b) { return a.time < b.time; });
  return entries;
}

}  // namespace saga::api
