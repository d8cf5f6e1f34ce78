#include "orchestrator/core/mode_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::core {

void Change::SetStatus(Status to) {
  SAGA_CHECK(MayChange(transaction.status, to));
  transaction.status = to;
  if (IsFinal(to)) {
    transaction.finish_time = context.now;
    decision.notices.push_back({.kind = Notice::Kind::kEnded});
  }
  decision.changed = true;
  decision.durable = true;
  // What was owed before is not owed now: nobody needs to decide about it any more.
  for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
    Branch& branch = transaction.branches[row];
    if (branch.dead == DeadReason::kNone && !branch.on_fallback) continue;
    branch.dead = DeadReason::kNone;
    branch.on_fallback = false;
    Touch(row);
  }
}

void Change::StartAborting(std::string reason) {
  SetStatus(Status::kAborting);
  base::CutTo(reason, context.settings.limits.reason);
  AddHistory({.kind = HistoryKind::kAborting, .text = reason});
  transaction.rollback_reason = std::move(reason);
}

void Change::Fail(std::string reason) {
  SetStatus(Status::kFailed);
  base::CutTo(reason, context.settings.limits.reason);
  AddHistory({.kind = HistoryKind::kEnded, .text = reason});
  transaction.rollback_reason = std::move(reason);
}

void Change::RetryAt(uint32_t row, base::Time when) {
  transaction.branches[row].next_attempt = when;
  Touch(row);
  decision.durable = true;
}

void Change::MarkDead(uint32_t row, DeadReason reason) {
  Branch& branch = transaction.branches[row];
  branch.dead = reason;
  branch.dead_time = context.now;
  branch.deaths++;
  branch.next_attempt = {};
  Touch(row);
  decision.durable = true;
  decision.notices.push_back({.kind = Notice::Kind::kDead, .row = row});
  AddHistory({.kind = HistoryKind::kDead,
              .branch_id = branch.branch_id,
              .op = branch.op,
              .attempt = branch.attempts,
              .text = std::string(WordOf(reason))});
}

void Change::Touch(uint32_t row) {
  decision.changed = true;
  auto& rows = decision.rows;
  const auto place = std::lower_bound(rows.begin(), rows.end(), row);
  if (place == rows.end() || *place != row) rows.insert(place, row);
}

void Change::AddHistory(HistoryEntry entry) {
  entry.time = context.now;
  base::CutTo(entry.text, context.settings.limits.reason);
  decision.history.push_back(std::move(entry));
}

void ModeRules::OnPrepared(Change&) const {}
void ModeRules::OnSubmitted(Change&) const {}
void ModeRules::OnSuccess(Change&, uint32_t) const {}
void ModeRules::OnFailure(Change&, uint32_t, const std::string&) const {}
bool ModeRules::OnNotYet(Change&, uint32_t) const { return false; }
base::Time ModeRules::Deadline(const GlobalTransaction&, const Settings&) const {
  return base::kNever;
}
void ModeRules::OnDeadline(Change&) const {}

const ModeRules& RulesFor(Mode mode) {
  switch (mode) {
    case Mode::kSaga:
      return SagaRules();
    case Mode::kTcc:
      return TccRules();
    case Mode::kMessage:
      return MessageRules();
    case Mode::kXa:
      return XaRules();
    case Mode::kWorkflow:
      return WorkflowRules();
  }
  SAGA_CHECK(false);
}

std::string TimeoutReason(base::Duration timeout) {
  return absl::StrCat("Timeout after ", timeout.micros / 1'000'000, " seconds");
}

}  // namespace saga::core
