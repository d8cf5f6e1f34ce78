#include "orchestrator/api/codec_answer.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using Kind = WireAnswer::Kind;

constexpr absl::string_view kFailureSuffix = " FAILURE";

template <typename Value>
std::string Word(Value value) {
  return std::string(core::WordOf(value));
}

// The row that kept the transaction from ending: the last one answered, or, when that one went
// well, the first that was answered otherwise. Null: no branch was called for this request.
const core::Branch* RowInTheWay(const engine::Answer& answer) {
  const auto& branches = answer.transaction.branches;
  if (answer.last_row < 0 || static_cast<size_t>(answer.last_row) >= branches.size())
    return nullptr;
  const core::Branch& last = branches[answer.last_row];
  // Check-backs come before the submit and say nothing about what followed it.
  if (core::IsAskBack(last.op)) return nullptr;
  if (last.last_outcome != core::Outcome::kSuccess) return &last;
  for (const core::Branch& branch : branches) {
    const bool open = branch.status == core::BranchStatus::kPrepared && !core::IsAskBack(branch.op);
    if (open && branch.answered && branch.last_outcome != core::Outcome::kSuccess) return &branch;
  }
  return nullptr;
}

// What DTM answers when a branch of the second phase gave neither of the answers it may give
// (protocol 1.4).
WireAnswer BranchError(Kind kind, std::string text) {
  return {kind, absl::StrCat("your http/grpc result should be specified as in:\n"
                             "http://d.dtm.pub/practice/arch.html#proto\n"
                             "unkown result will be retried: ",
                             std::move(text))};
}

// TCC and message: how the last call went, if it is the reason that the transaction has not ended.
// True: `*wire` says.
bool SaysBranch(const engine::Answer& answer, WireAnswer* wire) {
  const core::Mode mode = answer.transaction.mode;
  if (mode == core::Mode::kSaga || core::IsFinal(answer.transaction.status)) return false;
  const core::Branch* row = RowInTheWay(answer);
  if (row == nullptr) return false;
  switch (row->last_outcome) {
    case core::Outcome::kSuccess:
      return false;
    case core::Outcome::kOngoing:
      if (mode == core::Mode::kMessage)
        return false;  // the pass of a message ends without an error (protocol 4.4)
      *wire = {Kind::kOngoing, "ONGOING"};
      return true;
    case core::Outcome::kFailure:
      *wire = BranchError(Kind::kFailure, WithFailure(row->last_error));
      return true;
    case core::Outcome::kUnknown:
      *wire = BranchError(Kind::kError, row->last_error);
      return true;
  }
  SAGA_CHECK(false);
}

// A submit that waited: anything but succeed is told as a failure, also when it is only not yet so
// (protocol 11.1 #3).
WireAnswer ResultOfSubmit(const engine::Answer& answer) {
  const core::GlobalTransaction& transaction = answer.transaction;
  WireAnswer wire;
  if (SaysBranch(answer, &wire) || transaction.status == core::Status::kSucceed) return wire;
  if (!transaction.rollback_reason.empty())
    return {Kind::kFailure, WithFailure(transaction.rollback_reason)};
  return {Kind::kFailure, "wait result not return success: FAILURE"};
}

// An abort that waited is content with anything but a cancel that did not work.
WireAnswer ResultOfAbort(const engine::Answer& answer) {
  WireAnswer wire;
  SaysBranch(answer, &wire);
  return wire;
}

WireAnswer Accepted(const Asked& asked, const engine::Answer& answer) {
  switch (asked.kind) {
    case RequestKind::kSubmit:
      return asked.waited ? ResultOfSubmit(answer) : WireAnswer();
    case RequestKind::kAbort:
      return answer.transaction.wait_result ? ResultOfAbort(answer) : WireAnswer();
    case RequestKind::kPrepare:
    case RequestKind::kRegisterBranch:
    case RequestKind::kPrepareWorkflow:
    case RequestKind::kEndWorkflow:
    case RequestKind::kForceStop:
    case RequestKind::kRetryNow:
      return {};
  }
  SAGA_CHECK(false);
}

WireAnswer CannotRegister(const Asked& asked) {
  return {Kind::kFailure,
          absl::StrCat("no trans with gid: ", asked.gid, " status: prepared found FAILURE")};
}

WireAnswer NotFound(const Asked& asked) {
  if (asked.kind == RequestKind::kRegisterBranch) return CannotRegister(asked);
  if (asked.kind == RequestKind::kEndWorkflow) return {Kind::kBadRequest, "storage: NotFound"};
  return {Kind::kBadRequest, absl::StrCat("no TransGlobal with gid: ", asked.gid, " found")};
}

// `what` is cannot prepare, cannot sumbmit (sic).
WireAnswer WrongStatus(const engine::Answer& answer, absl::string_view what) {
  return {Kind::kFailure, absl::StrCat("current status '", Word(answer.transaction.status), "', ",
                                       what, ". FAILURE")};
}

// The gid is taken by something else. Told as such, or two business operations would be taken for
// one.
WireAnswer OtherContent(const Asked& asked, const engine::Answer& answer) {
  const core::GlobalTransaction& there = answer.transaction;
  const bool submits = asked.kind == RequestKind::kSubmit;
  return WrongStatus(
      answer,
      absl::StrCat(
          submits ? "cannot sumbmit" : "cannot prepare",
          ": this gid is that of another transaction (trans_type ", Word(there.mode), ", created ",
          absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(there.create_time.micros),
                           absl::UTCTimeZone()),
          ") with other content; choose a new gid"));
}

WireAnswer CannotEnd(const engine::Answer& answer) {
  const core::GlobalTransaction& there = answer.transaction;
  if (there.mode != core::Mode::kWorkflow) {
    return {Kind::kBadRequest,
            absl::StrCat("storage: NotFound: the gid is that of a ", Word(there.mode))};
  }
  return {Kind::kBadRequest, absl::StrCat("storage: NotFound: the workflow has ended before, as ",
                                          Word(there.status), " with another result")};
}

// A workflow may be prepared in any status, which means: tell how far it has come. A plain prepare
// asks no such thing.
WireAnswer Already(const Asked& asked, const engine::Answer& answer) {
  const bool prepared = answer.transaction.status == core::Status::kPrepared;
  if (asked.kind == RequestKind::kPrepare && !prepared)
    return WrongStatus(answer, "cannot prepare");
  return Accepted(asked, answer);
}

WireAnswer OfVerdict(const Asked& asked, const engine::Answer& answer) {
  switch (answer.verdict) {
    case core::Verdict::kAccepted:
      return Accepted(asked, answer);
    case core::Verdict::kAlready:
      return Already(asked, answer);
    case core::Verdict::kNotFound:
      return NotFound(asked);
    case core::Verdict::kCannotPrepare:
      return WrongStatus(answer, "cannot prepare");
    case core::Verdict::kCannotSubmit:
      return WrongStatus(answer, "cannot sumbmit");
    case core::Verdict::kCannotAbort:
      return {Kind::kFailure,
              absl::StrCat("trans type: '", Word(answer.transaction.mode), "' current status '",
                           Word(answer.transaction.status), "', cannot abort. FAILURE")};
    case core::Verdict::kCannotRegister:
      return CannotRegister(asked);
    case core::Verdict::kBranchConflict:
      return {Kind::kError, "storage: UniqueKeyConflict"};
    case core::Verdict::kTooManyBranches:
      return {Kind::kError,
              "the transaction has as many branches as are allowed (limit.steps): split it into "
              "several"};
    case core::Verdict::kNothingToRetry:
      return {};  // harmless, and 200 at DTM (protocol 5.8)
    case core::Verdict::kOtherContent:
      return OtherContent(asked, answer);
    case core::Verdict::kCannotStop:
      return {Kind::kFailure, absl::StrCat("global transaction force stop error. status: ",
                                           Word(answer.transaction.status), ". error: FAILURE")};
    case core::Verdict::kCannotEnd:
      return CannotEnd(answer);
    case core::Verdict::kNoDeadLetter:
    case core::Verdict::kCannotResolve:
      break;  // of an operator's act, which no client can ask for
  }
  SAGA_CHECK(false);
}

}  // namespace

std::string WithFailure(std::string text) {
  if (text.empty() || text == kFailureSuffix.substr(1))
    return std::string(kFailureSuffix.substr(1));
  if (absl::EndsWith(text, kFailureSuffix)) return text;
  return absl::StrCat(std::move(text), kFailureSuffix);
}

WireAnswer ToWire(const Asked& asked, const engine::Answer& answer) {
  switch (answer.kind) {
    case engine::Answer::Kind::kVerdict:
      return OfVerdict(asked, answer);
    case engine::Answer::Kind::kOverloaded:
      return {Kind::kOverloaded, absl::StrCat("nothing was done, try again: ", answer.error)};
    case engine::Answer::Kind::kStoreFailed:
      return {Kind::kUnavailable, absl::StrCat("the store failed: ", answer.error)};
    case engine::Answer::Kind::kStopping:
      return {Kind::kUnavailable,
              "this server is stopping: try another one, or again when it is back"};
  }
  SAGA_CHECK(false);
}

WireAnswer ToWire(const absl::Status& refusal) {
  SAGA_CHECK(!refusal.ok());
  std::string text(refusal.message());
  if (absl::IsInvalidArgument(refusal)) return {Kind::kBadRequest, std::move(text)};
  if (absl::IsResourceExhausted(refusal)) return {Kind::kOverloaded, std::move(text)};
  if (absl::IsUnavailable(refusal)) return {Kind::kUnavailable, std::move(text)};
  return {Kind::kError, std::move(text)};
}

}  // namespace saga::api
