#include "orchestrator/engine/forwarder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"

namespace saga::engine {

namespace {

bool Accepted(core::Verdict verdict) {
  return verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready;
}

Trail& TrailOf(Forwarded& item) {
  return std::visit([](auto& it) -> Trail& { return it.trail; }, item);
}

bool Waits(const Forwarded& item) { return std::holds_alternative<WaitRequest>(item); }

// What was accepted and stored, and only waits for its result: a wait that nobody can cancel.
bool IsRest(const Forwarded& item) {
  const auto* wait = std::get_if<WaitRequest>(&item);
  return wait != nullptr && wait->id == 0;
}

void Reject(Forwarded& item, Answer::Kind kind, std::string error) {
  Answer answer;
  answer.kind = kind;
  answer.error = std::move(error);
  std::visit([&](auto& it) { it.reply(std::move(answer)); }, item);
}

// Why nothing more is tried for `item`.
std::string InVain(Forwarded& item, const std::string& why) {
  if (IsRest(item)) {
    return absl::StrCat("what was asked for is stored, but its result cannot be waited for (", why,
                        "): look at the transaction");
  }
  if (!Waits(item) && TrailOf(item).unsure) {
    return absl::StrCat(
        "another node held the transaction; it may have done what was asked for, and cannot be "
        "asked (",
        why, "): look at the transaction, or try again in a moment");
  }
  return absl::StrCat("another node held the transaction and cannot be asked (", why,
                      "), and nobody has taken over yet: nothing was done, try again in a moment");
}

PeerAsk AskOf(const Forwarded& item) {
  if (const auto* request = std::get_if<Request>(&item))
    return {request->gid, PeerRequest{request->event}};
  if (const auto* wait = std::get_if<WaitRequest>(&item))
    return {wait->gid, PeerWait{wait->wait, wait->branch_id, wait->op}};
  const auto& arrived = std::get<ReplyArrived>(item);
  return {arrived.queued.gid, arrived.queued};
}

bool HasRows(const core::GlobalTransaction& transaction, const std::vector<core::Branch>& rows) {
  return std::all_of(rows.begin(), rows.end(), [&](const core::Branch& row) {
    const auto found = core::FindRow(transaction, row.branch_id, row.op);
    if (!found.has_value()) return false;
    const core::Branch& stored = transaction.branches[*found];
    return stored.target == row.target && base::Value(stored.payload) == base::Value(row.payload) &&
           (row.status == core::BranchStatus::kPrepared || stored.status == row.status);
  });
}

// Whether a refusal is what a request hears that was done already.
enum class Echo : uint8_t { kNo, kYes, kMaybe };

Echo EchoOf(const core::Event& event, const Answer& answer) {
  using core::Status;
  using core::Verdict;
  const Verdict verdict = answer.verdict;
  const Status status = answer.transaction.status;
  const auto maybe = [](bool so) { return so ? Echo::kMaybe : Echo::kNo; };
  if (std::holds_alternative<core::Prepared>(event))
    return maybe(verdict == Verdict::kCannotPrepare);
  if (std::holds_alternative<core::Submitted>(event)) {
    if (verdict != Verdict::kCannotSubmit) return Echo::kNo;
    return status == Status::kSucceed ? Echo::kYes : Echo::kMaybe;
  }
  if (const auto* registered = std::get_if<core::BranchRegistered>(&event); registered != nullptr) {
    const bool refused = verdict == Verdict::kBranchConflict || verdict == Verdict::kCannotRegister;
    return refused && HasRows(answer.transaction, registered->rows) ? Echo::kYes : Echo::kNo;
  }
  if (std::holds_alternative<core::AbortRequested>(event)) {
    return verdict == Verdict::kCannotAbort && status == Status::kFailed ? Echo::kYes : Echo::kNo;
  }
  if (std::holds_alternative<core::ForceStopRequested>(event))
    return maybe(verdict == Verdict::kCannotStop && status == Status::kFailed);
  if (std::holds_alternative<core::RetryRequested>(event))
    return maybe(verdict == Verdict::kNothingToRetry);
  if (std::holds_alternative<core::DeadLetterAct>(event))
    return maybe(verdict == Verdict::kNoDeadLetter);
  return Echo::kNo;
}

}  // namespace

Answer AfterRepeat(const core::Event& event, Answer answer) {
  if (answer.kind != Answer::Kind::kVerdict || Accepted(answer.verdict)) return answer;
  switch (EchoOf(event, answer)) {
    case Echo::kNo:
      return answer;
    case Echo::kYes:
      answer.verdict = core::Verdict::kAlready;
      return answer;
    case Echo::kMaybe:
      break;
  }
  answer.kind = Answer::Kind::kStoreFailed;
  answer.error =
      "the node that held the transaction was asked and went away before it answered; what was "
      "asked for was done, or became impossible: look at the transaction";
  return answer;
}

void Forwarder::Forward(Forwarded item, const std::string& address, base::Time now) {
  if (address.empty()) {
    LookAgain(std::move(item), "its address is not known", now);
    return;
  }
  // Only what comes new is refused: the others were let in before, and may have been done.
  const Trail& trail = TrailOf(item);
  const bool fresh = !trail.trouble_since.IsSet() && !trail.unsure && !IsRest(item);
  if (fresh && context_->forwards >= core::kMaxForwards) {
    ++context_->refused;
    context_->ports.observer->OnRefused("forwarded_requests");
    Reject(item, Answer::Kind::kOverloaded, "forwarded_requests");
    return;
  }
  ++context_->forwards;
  Ask(std::move(item), address, now);
}

void Forwarder::Ask(Forwarded item, const std::string& address, base::Time now) {
  const uint64_t number = ++context_->last_ask;
  PeerAsk ask = AskOf(item);
  if (!Waits(item)) ++context_->asked;
  out_.emplace(number, Out{std::move(item), address, now});
  context_->ports.peers->Ask(
      number, address, std::move(ask), core::kPeerTimeout,
      [answered = answered_, number](PeerAnswer answer) { answered(number, std::move(answer)); });
}

void Forwarder::LookAgain(Forwarded item, const std::string& why, base::Time now) {
  Trail& trail = TrailOf(item);
  if (!trail.trouble_since.IsSet()) trail.trouble_since = now;
  if (now - trail.trouble_since >= context_->options.peer_patience) {
    Reject(item, Answer::Kind::kStoreFailed, InVain(item, why));
    return;
  }
  const int64_t pause = core::kPeerPause.micros << std::min(trail.looks++, 10u);
  ++context_->forwards;
  if (!Waits(item)) ++context_->asked;
  later_.emplace(now + std::min(base::Micros(pause), core::kMaxPeerPause), std::move(item));
}

void Forwarder::OnAnswer(uint64_t number, PeerAnswer answer, base::Time now) {
  const auto found = out_.find(number);
  if (found == out_.end()) return;  // cancelled
  Out out = std::move(found->second);
  out_.erase(found);
  --context_->forwards;
  const bool waits = Waits(out.item);
  if (!waits) --context_->asked;
  if (answer.kind == PeerAnswer::Kind::kAnswered) {
    OnVerdict(std::move(out), std::move(answer.answer), now);
    return;
  }
  Trail& trail = TrailOf(out.item);
  if (waits && answer.kind == PeerAnswer::Kind::kLost && now - out.asked > core::kPeerPause) {
    // It was listened to for a while, and most likely has only not ended yet.
    trail.trouble_since = {};
    trail.looks = 0;
  }
  if (!waits && answer.kind == PeerAnswer::Kind::kLost) trail.unsure = true;
  const std::string why = answer.kind == PeerAnswer::Kind::kNotMine
                              ? absl::StrCat(out.address, " does not hold it any more")
                              : absl::StrCat(out.address, ": ", answer.error);
  LookAgain(std::move(out.item), why, now);
}

void Forwarder::OnVerdict(Out out, Answer answer, base::Time now) {
  if (answer.kind == Answer::Kind::kOverloaded &&
      (IsRest(out.item) || (!Waits(out.item) && TrailOf(out.item).unsure))) {
    // It did nothing now, which says nothing of what was done before.
    LookAgain(std::move(out.item), absl::StrCat(out.address, " refused it: ", answer.error), now);
    return;
  }
  auto* const request = std::get_if<Request>(&out.item);
  if (request == nullptr || answer.kind != Answer::Kind::kVerdict) {
    Finish(out.item, std::move(answer));
    return;
  }
  if (request->trail.unsure) {
    answer = AfterRepeat(request->event, std::move(answer));
    if (answer.kind != Answer::Kind::kVerdict) {
      Finish(out.item, std::move(answer));
      return;
    }
  }
  // An abort waits for the result if the prepare asked for that (protocol 5.8).
  if (std::holds_alternative<core::AbortRequested>(request->event) &&
      answer.transaction.wait_result && request->wait == WaitFor::kStored) {
    request->wait = WaitFor::kRest;
  }
  if (!Accepted(answer.verdict) || request->wait == WaitFor::kStored ||
      core::IsFinal(answer.transaction.status)) {
    Finish(out.item, std::move(answer));
    return;
  }
  WaitRequest rest;
  rest.gid = request->gid;
  rest.wait = request->wait;
  rest.reply = std::move(request->reply);
  rest.verdict = answer.verdict;
  if (const auto* act = std::get_if<core::DeadLetterAct>(&request->event); act != nullptr) {
    rest.branch_id = act->branch_id;
    rest.op = act->op;
  }
  ++context_->forwards;
  Ask(std::move(rest), out.address, now);
}

void Forwarder::Finish(Forwarded& item, Answer answer) {
  if (const auto* wait = std::get_if<WaitRequest>(&item);
      wait != nullptr && answer.verdict == core::Verdict::kAccepted) {
    answer.verdict = wait->verdict;
  }
  std::visit([&](auto& it) { it.reply(std::move(answer)); }, item);
}

std::vector<Forwarded> Forwarder::TakeDue(base::Time now) {
  std::vector<Forwarded> due;
  while (!later_.empty() && later_.begin()->first <= now) {
    if (!Waits(later_.begin()->second)) --context_->asked;
    due.push_back(std::move(later_.begin()->second));
    later_.erase(later_.begin());
    --context_->forwards;
  }
  return due;
}

bool Forwarder::Cancel(const std::string& gid, uint64_t wait_id) {
  const auto meant = [&](const Forwarded& item) {
    const auto* wait = std::get_if<WaitRequest>(&item);
    return wait != nullptr && wait->id == wait_id && wait->gid == gid;
  };
  Answer answer;
  answer.kind = Answer::Kind::kStopping;
  for (auto entry = out_.begin(); entry != out_.end(); ++entry) {
    if (!meant(entry->second.item)) continue;
    const uint64_t number = entry->first;
    Forwarded item = std::move(entry->second.item);
    out_.erase(entry);
    --context_->forwards;
    context_->ports.peers->Cancel(number);
    Finish(item, std::move(answer));
    return true;
  }
  for (auto entry = later_.begin(); entry != later_.end(); ++entry) {
    if (!meant(entry->second)) continue;
    Finish(entry->second, std::move(answer));
    later_.erase(entry);
    --context_->forwards;
    return true;
  }
  return false;
}

void Forwarder::AnswerAll() {
  Answer stopping;
  stopping.kind = Answer::Kind::kStopping;
  const auto end = [&](Forwarded& item, bool unsure) {
    if (!Waits(item)) --context_->asked;
    --context_->forwards;
    if (Waits(item) || !unsure) {
      Finish(item, stopping);
      return;
    }
    Reject(item, Answer::Kind::kStoreFailed,
           "this server is stopping, and the node that holds the transaction has not answered; "
           "what was asked for may have been done: look at the transaction");
  };
  std::map<uint64_t, Forwarded> in_order;
  for (auto& [number, out] : out_) in_order.emplace(number, std::move(out.item));
  out_.clear();
  for (auto& [number, item] : in_order) {
    context_->ports.peers->Cancel(number);
    end(item, true);
  }
  for (auto& [when, item] : later_) end(item, TrailOf(item).unsure);
  later_.clear();
}

}  // namespace saga::engine
