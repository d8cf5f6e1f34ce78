#include "orchestrator/core/step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/dead_letter.h"
#include "orchestrator/core/mode_rules.h"
#include "orchestrator/core/retry.h"

namespace saga::core {

namespace {

// With its jitter.
constexpr base::Duration kWayRoundPauseMax = base::Micros(
    static_cast<int64_t>(static_cast<double>(kWayRoundPause.micros) * (1 + kRetryJitter)));

bool IsDue(const Branch& branch, base::Time now) { return branch.next_attempt <= now; }

// Rows whose turn it is and that nobody has to decide about first.
std::vector<uint32_t> Callable(const GlobalTransaction& t) {
  std::vector<uint32_t> rows = RulesFor(t.mode).Runnable(t);
  std::erase_if(rows, [&](uint32_t row) { return t.branches[row].dead != DeadReason::kNone; });
  return rows;
}

// Branches without a target succeed without a call (protocol 2.1). True when there was one.
bool SettleEmptyTargets(Change& change, const ModeRules& rules) {
  bool settled = false;
  for (const uint32_t row : Callable(change.transaction)) {
    Branch& branch = change.transaction.branches[row];
    if (!branch.target.empty() || !IsDue(branch, change.context.now)) continue;
    branch.status = BranchStatus::kSucceed;
    branch.finish_time = change.context.now;
    branch.next_attempt = {};
    change.Touch(row);
    rules.OnSuccess(change, row);
    settled = true;
  }
  return settled;
}

// Draws every conclusion that needs no call and no event.
void Advance(Change& change) {
  const ModeRules& rules = RulesFor(change.transaction.mode);
  for (bool moved = true; moved && !IsFinal(change.transaction.status);) {
    moved = SettleEmptyTargets(change, rules);
    if (const auto status = rules.Completed(change.transaction); status.has_value()) {
      change.SetStatus(*status);
      moved = true;
    } else if (change.context.now >= rules.Deadline(change.transaction, change.context.settings)) {
      rules.OnDeadline(change);
      moved = true;
    }
  }
  if (change.decision.changed) change.transaction.update_time = change.context.now;
}

Decision Refuse(Verdict verdict) {
  Decision decision;
  decision.verdict = verdict;
  return decision;
}

// A submit may say more than the prepare did: what it names counts from now on (protocol 2.1,
// "which option set").
void TakeOver(GlobalTransaction& t, const GlobalTransaction& draft) {
  const Options& from = draft.options;
  if (from.timeout_to_fail_s > 0) t.options.timeout_to_fail_s = from.timeout_to_fail_s;
  if (from.retry_interval_s > 0) t.options.retry_interval_s = from.retry_interval_s;
  if (from.request_timeout_s > 0) t.options.request_timeout_s = from.request_timeout_s;
  if (from.retry_limit > 0) t.options.retry_limit = from.retry_limit;
  if (from.attempt_limit > 0) t.options.attempt_limit = from.attempt_limit;
  if (!from.branch_headers.empty()) t.options.branch_headers = from.branch_headers;
  if (draft.delay_s > 0) t.delay_s = draft.delay_s;
  if (!draft.custom_data.empty()) t.custom_data = draft.custom_data;
  if (draft.concurrent) t.concurrent = true;
  t.wait_result = draft.wait_result;
}

// Whether a submit describes the branches that are there. One that names none is about the gid.
bool SameRows(const GlobalTransaction& t, const Submitted& event) {
  if (event.rows_vary || event.draft.branches.empty()) return true;
  const auto listed = [](const Branch& row) { return !IsAskBack(row.op); };
  // An operator may have edited the payload of a row that died.
  const auto same = [](const Branch& kept, const Branch& named) {
    return kept.branch_id == named.branch_id && kept.op == named.op &&
           kept.target == named.target &&
           (kept.deaths > 0 || base::Value(kept.payload) == base::Value(named.payload));
  };
  const std::vector<Branch>& stored = t.branches;
  auto row = std::find_if(stored.begin(), stored.end(), listed);
  for (const Branch& named : event.draft.branches) {
    if (!listed(named)) continue;
    if (row == stored.end() || !same(*row, named)) return false;
    row = std::find_if(row + 1, stored.end(), listed);
  }
  return row == stored.end();
}

Verdict On(Change& change, const Prepared& event) {
  const GlobalTransaction& t = change.transaction;
  if (event.draft.mode != t.mode) return Verdict::kOtherContent;
  if (RulesFor(t.mode).PreparesInAnyStatus()) return Verdict::kAlready;
  return t.status == Status::kPrepared ? Verdict::kAlready : Verdict::kCannotPrepare;
}

Verdict On(Change& change, const Submitted& event) {
  GlobalTransaction& t = change.transaction;
  if (event.draft.mode != t.mode) return Verdict::kOtherContent;
  // On a prepared one the stored branches count, whatever the submit names.
  if (t.status != Status::kPrepared && !SameRows(t, event)) return Verdict::kOtherContent;
  // A repeated submit of an open transaction is a question whether it arrived: it did. Nothing
  // starts over.
  if (t.status == Status::kSubmitted) return Verdict::kAlready;
  if (t.status != Status::kPrepared) return Verdict::kCannotSubmit;
  TakeOver(t, event.draft);
  change.SetStatus(Status::kSubmitted);
  change.AddHistory({.kind = HistoryKind::kSubmitted});
  RulesFor(t.mode).OnSubmitted(change);
  return Verdict::kAccepted;
}

bool SameBranch(const Branch& a, const Branch& b) {
  return a.branch_id == b.branch_id && a.op == b.op;
}

Verdict On(Change& change, const BranchRegistered& event) {
  GlobalTransaction& t = change.transaction;
  if (t.status != Status::kPrepared) return Verdict::kCannotRegister;
  const ModeRules& rules = RulesFor(t.mode);
  if (event.mode != t.mode || !rules.TakesBranches()) return Verdict::kCannotRegister;
  size_t known = 0;
  for (const Branch& row : event.rows) {
    for (const Branch& stored : t.branches) {
      if (!SameBranch(row, stored)) continue;
      if (rules.TakesBranchOnce() || row.target != stored.target ||
          base::Value(row.payload) != base::Value(stored.payload)) {
        return Verdict::kBranchConflict;
      }
      ++known;
    }
  }
  // A client that lost the answer asks again with the same words; what it asks for is so already.
  if (known == event.rows.size()) return Verdict::kAlready;
  if (known > 0) return Verdict::kBranchConflict;
  if (t.branches.size() + event.rows.size() > 2 * change.context.settings.limits.steps)
    return Verdict::kTooManyBranches;
  for (const Branch& row : event.rows) {
    t.branches.push_back(row);
    if (row.status != BranchStatus::kPrepared) t.branches.back().finish_time = change.context.now;
    change.Touch(static_cast<uint32_t>(t.branches.size() - 1));
  }
  change.decision.durable = true;
  return Verdict::kAccepted;
}

void NoteAnswer(Change& change, const BranchAnswered& event) {
  Branch& branch = change.transaction.branches[event.row];
  branch.answered = true;
  branch.last_outcome = event.outcome;
  branch.next_attempt = {};
  branch.on_fallback = false;
  change.Touch(event.row);
  // An operator waits for a row that died before, and a queue forgets the reply.
  if (branch.deaths > 0 || event.from_queue) change.decision.durable = true;
  if (event.outcome == Outcome::kSuccess) {
    branch.dead = DeadReason::kNone;  // after all
    branch.first_failure = {};
    branch.last_failure = {};
    return;
  }
  if (branch.first_failure == base::Time{}) branch.first_failure = change.context.now;
  branch.last_failure = change.context.now;
  branch.last_error = event.text;
  base::CutTo(branch.last_error, change.context.settings.limits.error);
  change.AddHistory({.kind = HistoryKind::kAnswered,
                     .branch_id = branch.branch_id,
                     .op = branch.op,
                     .attempt = event.attempt,
                     .outcome = event.outcome,
                     .text = branch.last_error});
}

// Why the row is not to be called again, after an answer of no use. Ask-backs go on for ever: the
// client that could answer them may be away for long. Repeats under retry_limit have an end of
// their own (protocol 5.3).
DeadReason DeathOf(const GlobalTransaction& t, const BranchAnswered& event) {
  const Branch& branch = t.branches[event.row];
  uint32_t limit = event.attempt_limit;
  if (t.options.attempt_limit > 0) limit = static_cast<uint32_t>(t.options.attempt_limit);
  if (branch.retry.attempt_limit > 0) limit = branch.retry.attempt_limit;
  if (limit == 0 || IsAskBack(branch.op) || event.outcome == Outcome::kOngoing ||
      RulesFor(t.mode).RepeatsAtOnce(t)) {
    return DeadReason::kNone;
  }
  // A refusal where the protocol allows none is a contract that is broken, not bad luck.
  if (event.outcome == Outcome::kFailure) return DeadReason::kContract;
  if (event.hopeless != DeadReason::kNone) return event.hopeless;
  return branch.unknown_streak >= limit ? DeadReason::kAttemptsUsed : DeadReason::kNone;
}

// Ongoing repeats at the present interval; an unknown outcome, or a failure where none is allowed,
// doubles it.
void PlanRetry(Change& change, const BranchAnswered& event) {
  const GlobalTransaction& t = change.transaction;
  const ModeRules& rules = RulesFor(t.mode);
  Branch& branch = change.transaction.branches[event.row];
  if (event.outcome != Outcome::kOngoing) branch.unknown_streak++;
  // When the time has run out the transaction turns round now, and nobody is to decide about a row
  // that is not owed any more.
  const bool owed = change.context.now < rules.Deadline(t, change.context.settings);
  if (const DeadReason death = DeathOf(t, event); owed && death != DeadReason::kNone) {
    change.MarkDead(event.row, death);
    return;
  }
  if (rules.OnNotYet(change, event.row)) return;
  if (event.way_round) {
    change.RetryAt(event.row,
                   change.context.now + WithJitter(kWayRoundPause, change.context.jitter));
    return;
  }
  change.RetryAt(event.row, change.context.now + RetryDelay(t, branch, change.context.settings,
                                                            change.context.jitter));
}

Verdict On(Change& change, const BranchAnswered& event) {
  GlobalTransaction& t = change.transaction;
  if (event.row >= t.branches.size()) return Verdict::kNotFound;
  Branch& branch = t.branches[event.row];
  const ModeRules& rules = RulesFor(t.mode);
  // Late: the row is settled, or the transaction has turned round since. An action that comes
  // through after the decision to undo changes nothing; its compensation meets it at the barrier.
  if (branch.status != BranchStatus::kPrepared || rules.OwedOp(t) != branch.op)
    return Verdict::kAlready;
  const bool decides = event.outcome == Outcome::kSuccess ||
                       (event.outcome == Outcome::kFailure && rules.MayRefuse(t));
  // A queue may deliver a reply again, or when it was given up: such a one counted already.
  const bool counted = event.from_queue && !branch.on_fallback;
  if (!decides && (event.attempt != branch.attempts || branch.dead != DeadReason::kNone || counted))
    return Verdict::kAlready;

  NoteAnswer(change, event);
  if (event.outcome == Outcome::kSuccess) {
    branch.status = BranchStatus::kSucceed;
    branch.finish_time = change.context.now;
    branch.unknown_streak = 0;
    rules.OnSuccess(change, event.row);
  } else if (decides) {
    rules.OnFailure(change, event.row, event.text);
  } else {
    PlanRetry(change, event);
  }
  return Verdict::kAccepted;
}

Verdict On(Change&, const Woken&) { return Verdict::kAccepted; }

// Every planned retry of a row whose turn it is becomes due. True when there was one. What waits
// for its first time is no retry: a check-back made early would bar a local transaction that is
// still running, and a delay is what the client asked for. A workflow's callback may come early:
// its client copes with two runs.
bool MakeDue(Change& change) {
  bool any = false;
  for (const uint32_t row : Callable(change.transaction)) {
    Branch& branch = change.transaction.branches[row];
    // A command that is out may be answered any moment.
    if (IsDue(branch, change.context.now) || branch.on_fallback) continue;
    if (!branch.answered && branch.op != Op::kCallback) continue;
    branch.next_attempt = {};
    change.Touch(row);
    any = true;
  }
  return any;
}

Verdict On(Change& change, const AbortRequested& event) {
  const size_t before = change.decision.history.size();
  const Verdict verdict =
      RulesFor(change.transaction.mode).OnAbort(change, event.reason, event.by_operator);
  if (verdict == Verdict::kAccepted && !event.actor.empty()) {
    change.AddHistory(
        {.kind = HistoryKind::kAbortRequested, .text = event.reason, .actor = event.actor});
    std::rotate(change.decision.history.begin() + before, change.decision.history.end() - 1,
                change.decision.history.end());
  }
  // Asking again means: go on now.
  if (verdict == Verdict::kAlready) MakeDue(change);
  return verdict;
}

Verdict On(Change& change, const WorkflowEnded& event) {
  GlobalTransaction& t = change.transaction;
  if (t.mode != Mode::kWorkflow) return Verdict::kCannotEnd;
  std::string reason = event.rollback_reason;
  base::CutTo(reason, change.context.settings.limits.reason);
  if (t.status != Status::kPrepared) {
    const bool same =
        t.status == event.status && t.result == event.result && t.rollback_reason == reason;
    return same ? Verdict::kAlready : Verdict::kCannotEnd;
  }
  change.SetStatus(event.status);
  change.AddHistory({.kind = HistoryKind::kEnded, .text = reason});
  t.rollback_reason = std::move(reason);
  t.result = event.result;
  return Verdict::kAccepted;
}

Verdict On(Change& change, const ForceStopRequested& event) {
  if (IsFinal(change.transaction.status)) return Verdict::kCannotStop;
  change.SetStatus(Status::kFailed);
  change.AddHistory(
      {.kind = HistoryKind::kForceStopped, .text = event.reason, .actor = event.actor});
  if (!event.reason.empty()) {
    change.transaction.rollback_reason = event.reason;
    base::CutTo(change.transaction.rollback_reason, change.context.settings.limits.reason);
  }
  return Verdict::kAccepted;
}

Verdict On(Change& change, const DeadLetterAct& event) { return ActOnDeadLetter(change, event); }

Verdict On(Change& change, const RetryRequested& event) {
  if (!MakeDue(change)) return Verdict::kNothingToRetry;
  change.AddHistory({.kind = HistoryKind::kRetryRequested, .actor = event.actor});
  change.decision.durable = true;
  return Verdict::kAccepted;
}

}  // namespace

Decision Create(Event event, const Context& context, GlobalTransaction* created) {
  const bool submitted = std::holds_alternative<Submitted>(event);
  if (submitted) {
    *created = std::move(std::get<Submitted>(event).draft);
  } else if (std::holds_alternative<Prepared>(event)) {
    *created = std::move(std::get<Prepared>(event).draft);
  } else {
    const bool registers = std::holds_alternative<BranchRegistered>(event);
    return Refuse(registers ? Verdict::kCannotRegister : Verdict::kNotFound);
  }
  created->status = Status::kPrepared;
  created->create_time = context.now;
  created->finish_time = {};
  created->version = 0;

  Decision decision;
  decision.changed = true;
  decision.durable = true;
  Change change(*created, context, decision);
  const ModeRules& rules = RulesFor(created->mode);
  rules.OnPrepared(change);
  if (submitted) {
    change.SetStatus(Status::kSubmitted);
    rules.OnSubmitted(change);
  }
  Advance(change);
  return decision;
}

Decision Step(GlobalTransaction& transaction, Event event, const Context& context) {
  Decision decision;
  Change change(transaction, context, decision);
  decision.verdict = std::visit([&](const auto& e) { return On(change, e); }, event);
  Advance(change);
  return decision;
}

std::vector<uint32_t> Due(const GlobalTransaction& transaction, base::Time now) {
  std::vector<uint32_t> rows = Callable(transaction);
  std::erase_if(rows, [&](uint32_t row) { return !IsDue(transaction.branches[row], now); });
  return rows;
}

base::Time NextWake(const GlobalTransaction& transaction, const Settings& settings,
                    absl::FunctionRef<bool(uint32_t)> in_flight) {
  if (IsFinal(transaction.status)) return base::kNever;
  const ModeRules& rules = RulesFor(transaction.mode);
  base::Time wake = rules.Deadline(transaction, settings);
  for (const uint32_t row : Callable(transaction)) {
    if (!in_flight(row)) wake = std::min(wake, transaction.branches[row].next_attempt);
  }
  return wake;
}

base::Time NextWake(const GlobalTransaction& transaction, const Settings& settings) {
  return NextWake(transaction, settings, [](uint32_t) { return false; });
}

bool AtRest(const GlobalTransaction& transaction, base::Time now) {
  if (RulesFor(transaction.mode).RepeatsAtOnce(transaction)) return false;
  for (const uint32_t row : Callable(transaction)) {
    const Branch& branch = transaction.branches[row];
    // Who goes the way round does so at once; a step's own short interval is an interval.
    const bool soon = branch.retry.interval.micros == 0 && IsDue(branch, now + kWayRoundPauseMax);
    if (IsDue(branch, now) || soon) return false;
  }
  return std::none_of(transaction.branches.begin(), transaction.branches.end(),
                      [](const Branch& branch) { return branch.on_fallback; });
}

uint32_t StartCall(GlobalTransaction& transaction, uint32_t row) {
  Branch& branch = transaction.branches[row];
  branch.called = true;
  return ++branch.attempts;
}

uint32_t StartFallback(GlobalTransaction& transaction, uint32_t row, base::Time reply_by,
                       const Context& context, Decision* decision) {
  const uint32_t attempt = StartCall(transaction, row);
  Change change(transaction, context, *decision);
  transaction.branches[row].on_fallback = true;
  change.RetryAt(row, reply_by);
  change.AddHistory({.kind = HistoryKind::kFallback,
                     .branch_id = transaction.branches[row].branch_id,
                     .op = transaction.branches[row].op,
                     .attempt = attempt});
  return attempt;
}

std::optional<uint32_t> FindRow(const GlobalTransaction& transaction, std::string_view branch_id,
                                Op op) {
  for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
    const Branch& branch = transaction.branches[row];
    if (branch.op == op && branch.branch_id == branch_id) return row;
  }
  return std::nullopt;
}

std::vector<uint32_t> AssumeCallsBeyondRecord(GlobalTransaction& transaction) {
  std::vector<uint32_t> rows;
  // While submitted, successes may ride on a later commit, so any action after them may have been
  // called. The decision to abort is stored with exact marks, and no action is called after it.
  if (transaction.status != Status::kSubmitted) return rows;
  for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
    Branch& branch = transaction.branches[row];
    if (branch.op != Op::kAction || branch.status != BranchStatus::kPrepared || branch.called)
      continue;
    branch.called = true;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace saga::core
