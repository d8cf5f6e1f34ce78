#include "orchestrator/api/waiting.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "orchestrator/core/retry.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

// More rows than these are only counted.
constexpr size_t kMostRowsTold = 3;

std::string TimeText(base::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(time.micros),
                          absl::UTCTimeZone());
}

// "at 2025-12-01T10:00:00Z (in 8 s)", "now".
std::string WhenText(base::Time when, base::Time now) {
  if (when <= now) return "now";
  const int64_t seconds = ((when - now).micros + 999'999) / 1'000'000;
  return absl::StrCat("at ", TimeText(when), " (in ", seconds, " s)");
}

std::string OpText(const core::Branch& branch) {
  if (branch.op == core::Op::kQuery) return "the check-back";
  if (branch.op == core::Op::kCallback) return "the callback";
  return absl::StrCat(std::string(core::WordOf(branch.op)), " of branch ", branch.branch_id);
}

std::string AttemptsText(const core::Branch& branch) {
  return branch.attempts == 1 ? "1 attempt" : absl::StrCat(branch.attempts, " attempts");
}

std::string LastAnswer(const core::Branch& branch) {
  if (!branch.answered) return "";
  return absl::StrCat("; last answer: ", std::string(core::WordOf(branch.last_outcome)),
                      branch.last_error.empty() ? "" : ": ", branch.last_error);
}

bool WentWrong(const core::Branch& branch) {
  return branch.answered && (branch.last_outcome == core::Outcome::kUnknown ||
                             branch.last_outcome == core::Outcome::kFailure);
}

std::string RowText(const core::Branch& branch, bool in_flight, base::Time now) {
  const std::string what = absl::StrCat(OpText(branch), " at ", core::DestinationOf(branch.target));
  if (in_flight)
    return absl::StrCat("the answer of ", what, ", attempt ", branch.attempts, LastAnswer(branch));
  if (branch.on_fallback) {
    return absl::StrCat("the reply over Kafka to ", what, ", attempt ", branch.attempts,
                        ", awaited until ", TimeText(branch.next_attempt), LastAnswer(branch));
  }
  if (branch.attempts == 0 || !branch.answered)
    return absl::StrCat(what, " to be called ", WhenText(branch.next_attempt, now));
  return absl::StrCat(what, " to be called again ", WhenText(branch.next_attempt, now), " after ",
                      AttemptsText(branch), LastAnswer(branch));
}

bool IsDead(const core::Branch& branch) { return branch.dead != core::DeadReason::kNone; }

// What nobody calls until an operator has decided about it.
std::string DeadText(const core::GlobalTransaction& t) {
  std::vector<std::string> texts;
  size_t dead = 0;
  for (const core::Branch& branch : t.branches) {
    if (!IsDead(branch) || ++dead > kMostRowsTold) continue;
    texts.push_back(
        absl::StrCat("dead letter: ", OpText(branch), " at ", core::DestinationOf(branch.target),
                     " (", std::string(core::WordOf(branch.dead)), " after ", AttemptsText(branch),
                     ")", LastAnswer(branch), "; sagactl dlq show ", t.gid, "/", branch.branch_id,
                     "/", std::string(core::WordOf(branch.op))));
  }
  if (dead > kMostRowsTold)
    texts.push_back(absl::StrCat(dead - kMostRowsTold, " more dead letters"));
  return absl::StrJoin(texts, "; and ");
}

// The limit of calls that the transaction itself sets for `branch`; 0: none.
int64_t OwnAttemptLimit(const core::GlobalTransaction& t, const core::Branch& branch) {
  return branch.retry.attempt_limit > 0 ? branch.retry.attempt_limit : t.options.attempt_limit;
}

// When the transaction gives up going forward by itself; kNever: it does not.
base::Time GivesUpAt(const core::GlobalTransaction& t, const core::Settings& settings) {
  const base::Duration own = base::Seconds(t.options.timeout_to_fail_s);
  switch (t.mode) {
    case core::Mode::kSaga:
      return t.status == core::Status::kSubmitted && own.micros > 0 ? t.create_time + own
                                                                    : base::kNever;
    case core::Mode::kTcc:
    case core::Mode::kXa:
    case core::Mode::kMessage:
      if (t.status != core::Status::kPrepared) return base::kNever;
      return t.create_time + core::TimeoutToFail(t.options, settings);
    case core::Mode::kWorkflow:
      return base::kNever;
  }
  return base::kNever;
}

// What ends the repeating of `branch`.
std::string EndText(const core::GlobalTransaction& t, const core::Branch& branch,
                    const core::Settings& settings, base::Time now) {
  if (const base::Time end = GivesUpAt(t, settings); end != base::kNever) {
    return absl::StrCat("; the transaction is undone ", WhenText(end, now));
  }
  const int64_t limit = OwnAttemptLimit(t, branch);
  const std::string dies =
      limit > 0 ? absl::StrCat(", a dead letter after ", limit, " attempts") : "";
  if (t.mode != core::Mode::kSaga || t.status == core::Status::kAborting)
    return absl::StrCat("; repeated until it succeeds", dies);
  if (t.options.retry_limit == 0)
    return absl::StrCat("; repeated until it succeeds or refuses", dies);
  return absl::StrCat("; the transaction is undone after ", t.options.retry_limit, " repeats, ",
                      t.limited_retries, " were used");
}

// Rows whose turn it is, whatever their retry times say.
std::vector<uint32_t> TurnRows(const core::GlobalTransaction& t,
                               const std::vector<uint32_t>& in_flight) {
  std::vector<uint32_t> rows = core::Due(t, base::kNever);
  // An action of before the decision to undo may still be out.
  for (const uint32_t row : in_flight) {
    if (row < t.branches.size() && std::find(rows.begin(), rows.end(), row) == rows.end())
      rows.push_back(row);
  }
  return rows;
}

std::string RowsText(const core::GlobalTransaction& t, const std::vector<uint32_t>& rows,
                     const std::vector<uint32_t>& in_flight, base::Time now) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(rows.size(), kMostRowsTold); ++i) {
    const bool out = std::find(in_flight.begin(), in_flight.end(), rows[i]) != in_flight.end();
    texts.push_back(RowText(t.branches[rows[i]], out, now));
  }
  if (rows.size() > kMostRowsTold)
    texts.push_back(absl::StrCat(rows.size() - kMostRowsTold, " more branches"));
  return absl::StrJoin(texts, "; and ");
}

std::string HealthOf(const core::GlobalTransaction& t, const std::vector<uint32_t>& rows) {
  bool ongoing = false;
  for (const uint32_t row : rows) {
    const core::Branch& branch = t.branches[row];
    if (WentWrong(branch)) return "retrying";
    ongoing = ongoing || (branch.answered && branch.last_outcome == core::Outcome::kOngoing);
  }
  return ongoing ? "waiting" : "running";
}

Waiting PreparedWorkflow(const core::GlobalTransaction& t, const std::vector<uint32_t>& rows,
                         const std::vector<uint32_t>& in_flight, base::Time now) {
  constexpr char kOwn[] = "the client, which runs the workflow and tells how it ended";
  if (rows.empty()) return {"waiting", absl::StrCat(kOwn, "; there is no callback to ask")};
  return {HealthOf(t, rows), absl::StrCat(kOwn, ", or ", RowsText(t, rows, in_flight, now))};
}

Waiting Prepared(const core::GlobalTransaction& t, const std::vector<uint32_t>& rows,
                 const std::vector<uint32_t>& in_flight, const core::Settings& settings,
                 base::Time now) {
  switch (t.mode) {
    case core::Mode::kSaga:
      return {"waiting",
              "the client's submit; nothing else ends this wait but an operator's abort"};
    case core::Mode::kTcc:
    case core::Mode::kXa:
      return {"waiting",
              absl::StrCat("the client's submit or abort; times out ",
                           WhenText(GivesUpAt(t, settings), now), " and is ",
                           t.mode == core::Mode::kTcc ? "cancelled" : "rolled back", " then")};
    case core::Mode::kWorkflow:
      return PreparedWorkflow(t, rows, in_flight, now);
    case core::Mode::kMessage:
      break;
  }
  if (rows.empty())
    return {"waiting", "the client's submit or abort; there is no check-back to ask"};
  const core::Branch& query = t.branches[rows.front()];
  if (query.attempts == 0 && query.next_attempt > now) {
    return {"waiting", absl::StrCat("the client's submit or abort; the check-back at ",
                                    core::DestinationOf(query.target), " is asked ",
                                    WhenText(query.next_attempt, now))};
  }
  return {HealthOf(t, rows),
          absl::StrCat("the client's submit or abort, or ", RowsText(t, rows, in_flight, now))};
}

}  // namespace

Waiting DescribeWaiting(const core::GlobalTransaction& transaction,
                        const std::vector<uint32_t>& in_flight, const core::Settings& settings,
                        base::Time now) {
  if (core::IsFinal(transaction.status)) return {"ended", ""};
  const std::vector<uint32_t> rows = TurnRows(transaction, in_flight);
  if (transaction.status == core::Status::kPrepared)
    return Prepared(transaction, rows, in_flight, settings, now);
  const std::string dead = DeadText(transaction);
  if (rows.empty() && dead.empty()) return {"running", "the next look at it, which is due now"};
  if (rows.empty()) return {"dead", dead};

  const base::Time delivery = transaction.create_time + base::Seconds(transaction.delay_s);
  if (transaction.mode == core::Mode::kMessage && transaction.delay_s > 0 && now < delivery &&
      in_flight.empty()) {
    return {"ok", absl::StrCat("its delivery, which is planned ", WhenText(delivery, now))};
  }
  const std::string end = EndText(transaction, transaction.branches[rows.front()], settings, now);
  const std::string calls = RowsText(transaction, rows, in_flight, now) + end;
  if (!dead.empty()) return {"dead", absl::StrCat(dead, "; and ", calls)};
  return {HealthOf(transaction, rows), calls};
}

std::string HealthWithoutBranches(const core::GlobalTransaction& transaction, base::Time next_wake,
                                  base::Time now) {
  if (core::IsFinal(transaction.status)) return "ended";
  // What goes forward or back by itself has a time for it, unless somebody has to decide first.
  const bool prepared = transaction.status == core::Status::kPrepared;
  if (!prepared && next_wake == base::kNever) return "dead";
  if (prepared || next_wake > now) return "waiting";
  return "running";
}

}  // namespace saga::api
