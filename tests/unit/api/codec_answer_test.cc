#include "orchestrator/api/codec_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saga::api {
namespace {

using core::Mode;
using core::Op;
using core::Outcome;
using core::Status;
using core::Verdict;
using Kind = WireAnswer::Kind;

constexpr char kLongText[] =
    "your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/arch.html#proto\n"
    "unkown result will be retried: ";

engine::Answer Says(Verdict verdict, Mode mode = Mode::kSaga, Status status = Status::kSubmitted) {
  engine::Answer answer;
  answer.verdict = verdict;
  answer.transaction.gid = "g";
  answer.transaction.mode = mode;
  answer.transaction.status = status;
  return answer;
}

// A waited-for transaction whose last answered row had this outcome.
engine::Answer Rests(Mode mode, Status status, Op op, Outcome outcome, const std::string& text) {
  engine::Answer answer = Says(Verdict::kAccepted, mode, status);
  core::Branch branch;
  branch.op = op;
  branch.answered = true;
  branch.last_outcome = outcome;
  branch.last_error = text;
  answer.transaction.branches = {branch};
  answer.last_row = 0;
  return answer;
}

WireAnswer Plain(RequestKind kind, const engine::Answer& answer) {
  return ToWire({kind, "g", false}, answer);
}
WireAnswer Waited(const engine::Answer& answer) {
  return ToWire({RequestKind::kSubmit, "g", true}, answer);
}

TEST(PlainAnswerTest, WhatWasTakenIsASuccess) {
  for (const RequestKind kind : {RequestKind::kPrepare, RequestKind::kSubmit, RequestKind::kAbort,
                                 RequestKind::kRegisterBranch}) {
    engine::Answer answer = Says(Verdict::kAccepted);
    answer.transaction.status = Status::kPrepared;
    EXPECT_EQ(Plain(kind, answer), WireAnswer());
    answer.verdict = Verdict::kAlready;
    EXPECT_EQ(Plain(kind, answer), WireAnswer());
  }
}

TEST(PlainAnswerTest, OnlyPrepareWorkflowMayComeAfterTheEnd) {
  engine::Answer answer = Says(Verdict::kAlready);
  answer.transaction.mode = Mode::kWorkflow;
  answer.transaction.status = Status::kSucceed;
  EXPECT_EQ(Plain(RequestKind::kPrepareWorkflow, answer), WireAnswer());
  EXPECT_EQ(Plain(RequestKind::kPrepare, answer),
            (WireAnswer{Kind::kFailure, "current status 'succeed', cannot prepare. FAILURE"}));
}

TEST(PlainAnswerTest, StatusDoesNotAllowIt) {
  EXPECT_EQ(Plain(RequestKind::kPrepare, Says(Verdict::kCannotPrepare)),
            (WireAnswer{Kind::kFailure, "current status 'submitted', cannot prepare. FAILURE"}));
  EXPECT_EQ(
      Plain(RequestKind::kSubmit, Says(Verdict::kCannotSubmit, Mode::kSaga, Status::kSucceed)),
      (WireAnswer{Kind::kFailure, "current status 'succeed', cannot sumbmit. FAILURE"}));
  EXPECT_EQ(
      Plain(RequestKind::kAbort, Says(Verdict::kCannotAbort, Mode::kMessage, Status::kSubmitted)),
      (WireAnswer{Kind::kFailure,
                  "trans type: 'msg' current status 'submitted', cannot abort. FAILURE"}));
}

TEST(PlainAnswerTest, UnknownGid) {
  EXPECT_EQ(Plain(RequestKind::kAbort, Says(Verdict::kNotFound)),
            (WireAnswer{Kind::kBadRequest, "no TransGlobal with gid: g found"}));
  const WireAnswer none{Kind::kFailure, "no trans with gid: g status: prepared found FAILURE"};
  EXPECT_EQ(Plain(RequestKind::kRegisterBranch, Says(Verdict::kNotFound)), none);
  EXPECT_EQ(Plain(RequestKind::kRegisterBranch, Says(Verdict::kCannotRegister)), none);
}

TEST(PlainAnswerTest, BranchesThatDoNotFit) {
  EXPECT_EQ(Plain(RequestKind::kRegisterBranch, Says(Verdict::kBranchConflict)),
            (WireAnswer{Kind::kError, "storage: UniqueKeyConflict"}));
  const WireAnswer full = Plain(RequestKind::kRegisterBranch, Says(Verdict::kTooManyBranches));
  EXPECT_EQ(full.kind, Kind::kError);
  EXPECT_THAT(full.text, testing::HasSubstr("limit.steps"));
}

TEST(PlainAnswerTest, NothingWasDone) {
  engine::Answer answer;
  answer.error = "kMaxLiveTransactions";
  answer.kind = engine::Answer::Kind::kOverloaded;
  EXPECT_EQ(Plain(RequestKind::kSubmit, answer),
            (WireAnswer{Kind::kOverloaded, "nothing was done, try again: kMaxLiveTransactions"}));
  answer.error = "disk full";
  answer.kind = engine::Answer::Kind::kStoreFailed;
  EXPECT_EQ(Plain(RequestKind::kSubmit, answer),
            (WireAnswer{Kind::kUnavailable, "the store failed: disk full"}));
  answer.kind = engine::Answer::Kind::kStopping;
  EXPECT_EQ(Plain(RequestKind::kSubmit, answer).kind, Kind::kUnavailable);
}

TEST(WaitedAnswerTest, Succeeded) {
  EXPECT_EQ(Waited(Says(Verdict::kAccepted, Mode::kSaga, Status::kSucceed)), WireAnswer());
  EXPECT_EQ(Waited(Says(Verdict::kAlready, Mode::kTcc, Status::kSucceed)), WireAnswer());
}

TEST(WaitedAnswerTest, UndoneWithItsReason) {
  engine::Answer answer =
      Rests(Mode::kSaga, Status::kFailed, Op::kCompensate, Outcome::kSuccess, "");
  answer.transaction.rollback_reason = "url:b/i return failed: no stock FAILURE";
  EXPECT_EQ(Waited(answer),
            (WireAnswer{Kind::kFailure, "url:b/i return failed: no stock FAILURE"}));
  answer.transaction.rollback_reason = "Timeout after 3 seconds";
  EXPECT_EQ(Waited(answer), (WireAnswer{Kind::kFailure, "Timeout after 3 seconds FAILURE"}));
}

TEST(WaitedAnswerTest, SagaNotYetDone) {
  const WireAnswer not_yet{Kind::kFailure, "wait result not return success: FAILURE"};
  for (const Outcome outcome : {Outcome::kOngoing, Outcome::kUnknown}) {
    EXPECT_EQ(Waited(Rests(Mode::kSaga, Status::kSubmitted, Op::kAction, outcome, "later")),
              not_yet);
  }
  EXPECT_EQ(Waited(Says(Verdict::kAlready)), not_yet);
}

TEST(WaitedAnswerTest, MessageDelayed) {
  EXPECT_EQ(Waited(Says(Verdict::kAccepted, Mode::kMessage)),
            (WireAnswer{Kind::kFailure, "wait result not return success: FAILURE"}));
}

TEST(WaitedAnswerTest, TccBranchOngoing) {
  EXPECT_EQ(
      Waited(Rests(Mode::kTcc, Status::kSubmitted, Op::kConfirm, Outcome::kOngoing, "ONGOING")),
      (WireAnswer{Kind::kOngoing, "ONGOING"}));
}

TEST(WaitedAnswerTest, MessageBranchOngoing) {
  EXPECT_EQ(
      Waited(Rests(Mode::kMessage, Status::kSubmitted, Op::kAction, Outcome::kOngoing, "ONGOING")),
      (WireAnswer{Kind::kFailure, "wait result not return success: FAILURE"}));
}

TEST(WaitedAnswerTest, BranchWithoutAClearAnswer) {
  for (const Mode mode : {Mode::kTcc, Mode::kMessage}) {
    const Op op = mode == Mode::kTcc ? Op::kConfirm : Op::kAction;
    EXPECT_EQ(Waited(Rests(mode, Status::kSubmitted, op, Outcome::kUnknown, "boom")),
              (WireAnswer{Kind::kError, std::string(kLongText) + "boom"}));
    EXPECT_EQ(Waited(Rests(mode, Status::kSubmitted, op, Outcome::kFailure, "no FAILURE")),
              (WireAnswer{Kind::kFailure, std::string(kLongText) + "no FAILURE"}));
  }
}

TEST(WaitedAnswerTest, ConcurrentMessageTellsTheBranchThatIsInTheWay) {
  engine::Answer answer =
      Rests(Mode::kMessage, Status::kSubmitted, Op::kAction, Outcome::kUnknown, "boom");
  core::Branch done = answer.transaction.branches[0];
  done.status = core::BranchStatus::kSucceed;
  done.last_outcome = Outcome::kSuccess;
  answer.transaction.branches.push_back(done);
  answer.last_row = 1;
  EXPECT_EQ(Waited(answer), (WireAnswer{Kind::kError, std::string(kLongText) + "boom"}));
}

WireAnswer Aborted(engine::Answer answer) {
  answer.transaction.wait_result = true;
  return ToWire({RequestKind::kAbort, "g", false}, answer);
}

TEST(WaitedAnswerTest, AbortIsContentUnlessACancelDidNotWork) {
  EXPECT_EQ(Aborted(Says(Verdict::kAccepted, Mode::kTcc, Status::kFailed)), WireAnswer());
  EXPECT_EQ(
      Aborted(Rests(Mode::kTcc, Status::kAborting, Op::kCancel, Outcome::kOngoing, "ONGOING")),
      (WireAnswer{Kind::kOngoing, "ONGOING"}));
  EXPECT_EQ(Aborted(Rests(Mode::kTcc, Status::kAborting, Op::kCancel, Outcome::kUnknown, "boom")),
            (WireAnswer{Kind::kError, std::string(kLongText) + "boom"}));
  EXPECT_EQ(Aborted(Says(Verdict::kAlready, Mode::kTcc, Status::kAborting)), WireAnswer());
}

TEST(WaitedAnswerTest, CheckBackFromBeforeTheSubmitIsNotInTheWay) {
  EXPECT_EQ(
      Waited(Rests(Mode::kMessage, Status::kSubmitted, Op::kQuery, Outcome::kUnknown, "boom")),
      (WireAnswer{Kind::kFailure, "wait result not return success: FAILURE"}));
}

TEST(RefusalTest, KindFollowsTheCode) {
  EXPECT_EQ(ToWire(absl::InvalidArgumentError("a")), (WireAnswer{Kind::kBadRequest, "a"}));
  EXPECT_EQ(ToWire(absl::ResourceExhaustedError("a")), (WireAnswer{Kind::kOverloaded, "a"}));
  EXPECT_EQ(ToWire(absl::UnavailableError("a")), (WireAnswer{Kind::kUnavailable, "a"}));
  EXPECT_EQ(ToWire(absl::UnknownError("a")), (WireAnswer{Kind::kError, "a"}));
}

TEST(WithFailureTest, EndsInItOnce) {
  EXPECT_EQ(WithFailure("no"), "no FAILURE");
  EXPECT_EQ(WithFailure("no FAILURE"), "no FAILURE");
  // A branch that refused without a word.
  EXPECT_EQ(WithFailure(""), "FAILURE");
  EXPECT_EQ(WithFailure("FAILURE"), "FAILURE");
}

}  // namespace
}  // namespace saga::api
