#include "orchestrator/care/history_check.h"

#include <algorithm>

#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"

namespace saga::care {
namespace {

using core::GlobalTransaction;
using core::HistoryEntry;
using core::HistoryKind;
using core::Mode;
using core::Status;

bool Tells(const port::AuditedTransaction& audited, HistoryKind kind) {
  return std::any_of(audited.history.begin(), audited.history.end(),
                     [kind](const HistoryEntry& entry) { return entry.kind == kind; });
}

bool IsEnd(HistoryKind kind) {
  return kind == HistoryKind::kEnded || kind == HistoryKind::kForceStopped;
}

// What it tells although it did not happen.
void CheckTold(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  const bool undoes = t.status == Status::kAborting || t.status == Status::kFailed;
  if (!undoes && Tells(audited, HistoryKind::kAborting)) {
    findings->Add("history_contradicts_status", "the history tells that it was undone, it is ",
                  WordOf(t.status));
  }
  const bool by_client = t.mode == Mode::kWorkflow && t.status == Status::kSucceed;
  const bool ended = t.status == Status::kFailed || by_client;
  if (!ended && std::any_of(audited.history.begin(), audited.history.end(),
                            [](const HistoryEntry& entry) { return IsEnd(entry.kind); })) {
    findings->Add("history_contradicts_status", "the history tells its end, it is ",
                  WordOf(t.status));
  }
  for (size_t i = 0; i + 1 < audited.history.size(); ++i) {
    if (!IsEnd(audited.history[i].kind)) continue;
    findings->Add("history_after_end", "entry ", i, " of ", audited.history.size(),
                  " tells the end");
    return;
  }
}

// What happened and is not told. Only turns for the worse are told always: that it succeeded stands
// in the record.
void CheckUntold(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  if (!audited.whole_history) return;
  const bool turned = Tells(audited, HistoryKind::kAborting);
  if (t.status == Status::kAborting && !turned)
    findings->Add("turn_untold", "it is aborting, and the history does not tell since when");
  if (t.status != Status::kFailed || turned) return;
  if (!Tells(audited, HistoryKind::kEnded) && !ForceStopped(audited))
    findings->Add("end_untold", "it failed, and the history does not tell why");
}

}  // namespace

bool ForceStopped(const port::AuditedTransaction& audited) {
  return audited.transaction.status == Status::kFailed &&
         Tells(audited, HistoryKind::kForceStopped);
}

void CheckHistory(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  if (audited.history.size() > core::kMaxHistory) {
    findings->Add("history_too_long", audited.history.size(), " entries, at most ",
                  core::kMaxHistory, " are kept");
  }
  for (size_t i = 0; i < audited.history.size(); ++i) {
    const HistoryEntry& entry = audited.history[i];
    if (entry.branch_id.empty() || FindRow(t, entry.branch_id, entry.op).has_value()) continue;
    findings->Add("history_of_no_row", "entry ", i, " is about ", entry.branch_id, " ",
                  WordOf(entry.op), ", which it does not have");
  }
  CheckTold(audited, findings);
  CheckUntold(audited, findings);
}

}  // namespace saga::care
