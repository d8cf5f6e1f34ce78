#include "orchestrator/api/waiting.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "orchestrator/core/step.h"

namespace saga::api {
namespace {

using core::Branch;
using core::GlobalTransaction;
using core::Op;
using core::Outcome;

// 2025-12-01T10:00:00Z
constexpr base::Time kNow{1764583200'000'000};

Branch Row(const std::string& id, Op op) {
  Branch branch;
  branch.branch_id = id;
  branch.op = op;
  branch.target = "host:1/p.S/" + std::string(op == Op::kAction ? "Do" : "Other");
  return branch;
}

GlobalTransaction Make(core::Mode mode, core::Status status, std::vector<Branch> branches) {
  GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = mode;
  transaction.status = status;
  transaction.protocol = core::Protocol::kGrpc;
  transaction.create_time = kNow - base::Seconds(5);
  transaction.branches = std::move(branches);
  return transaction;
}

GlobalTransaction Saga(core::Status status) {
  return Make(core::Mode::kSaga, status, {Row("01", Op::kCompensate), Row("01", Op::kAction)});
}

void Answered(Branch& branch, Outcome outcome, const std::string& text, base::Duration pause) {
  branch.called = true;
  branch.answered = true;
  branch.attempts++;
  branch.last_outcome = outcome;
  branch.last_error = text;
  branch.next_attempt = kNow + pause;
}

void Expect(const GlobalTransaction& transaction, const std::vector<uint32_t>& in_flight,
            const std::string& health, const std::string& waits_for) {
  const Waiting waiting = DescribeWaiting(transaction, in_flight, core::Settings(), kNow);
  EXPECT_EQ(waiting.health, health);
  EXPECT_EQ(waiting.waits_for, waits_for);
}

TEST(WaitingTest, AnEndedOneWaitsForNothing) {
  Expect(Saga(core::Status::kSucceed), {}, "ended", "");
  Expect(Saga(core::Status::kFailed), {}, "ended", "");
}

TEST(WaitingTest, ACallThatIsOut) {
  GlobalTransaction saga = Saga(core::Status::kSubmitted);
  saga.branches[1].attempts = 1;
  Expect(saga, {1}, "running",
         "the answer of action of branch 01 at host:1, attempt 1; repeated until it succeeds or "
         "refuses");
}

TEST(WaitingTest, ACallThatIsDue) {
  Expect(Saga(core::Status::kSubmitted), {}, "running",
         "action of branch 01 at host:1 to be called now; repeated until it succeeds or refuses");
}

TEST(WaitingTest, ADeadLetterWaitsForAnOperator) {
  GlobalTransaction saga = Saga(core::Status::kAborting);
  saga.branches[1].called = true;
  Answered(saga.branches[0], Outcome::kUnknown, "no route", base::Seconds(0));
  saga.branches[0].attempts = 20;
  saga.branches[0].dead = core::DeadReason::kAttemptsUsed;
  Expect(saga, {}, "dead",
         "dead letter: compensate of branch 01 at host:1 (attempts_used after 20 attempts); last "
         "answer: unknown: no route; sagactl dlq show g/01/compensate");
  EXPECT_EQ(HealthWithoutBranches(saga, base::kNever, kNow), "dead");
  EXPECT_EQ(HealthWithoutBranches(saga, kNow + base::Seconds(1), kNow), "waiting");
}

TEST(WaitingTest, ADeadLetterBesideWhatGoesOn) {
  GlobalTransaction message = Make(core::Mode::kMessage, core::Status::kSubmitted,
                                   {Row("01", Op::kAction), Row("02", Op::kAction)});
  message.concurrent = true;
  message.branches[0].dead = core::DeadReason::kUnknownMethod;
  message.branches[0].attempts = 1;
  Expect(message, {1}, "dead",
         "dead letter: action of branch 01 at host:1 (unknown_method after 1 attempt); sagactl dlq "
         "show g/01/action; and the answer of action of branch 02 at host:1, attempt 0; repeated "
         "until it succeeds");
}

TEST(WaitingTest, AReplyOverTheFallback) {
  GlobalTransaction saga = Saga(core::Status::kSubmitted);
  saga.branches[1].called = true;
  saga.branches[1].attempts = 4;
  saga.branches[1].on_fallback = true;
  saga.branches[1].next_attempt = kNow + base::Seconds(30);
  saga.options.attempt_limit = 9;
  Expect(saga, {}, "running",
         "the reply over Kafka to action of branch 01 at host:1, attempt 4, awaited until "
         "2025-12-01T10:00:30Z; repeated until it succeeds or refuses, a dead letter after 9 "
         "attempts");
}

TEST(WaitingTest, ARetryThatIsPlanned) {
  GlobalTransaction saga = Saga(core::Status::kSubmitted);
  Answered(saga.branches[1], Outcome::kUnknown, "connection refused", base::Seconds(8));
  Expect(saga, {}, "retrying",
         "action of branch 01 at host:1 to be called again at 2025-12-01T10:00:08Z (in 8 s) after "
         "1 attempt; last "
         "answer: unknown: connection refused; repeated until it succeeds or refuses");
}

TEST(WaitingTest, ARetryThatIsOut) {
  GlobalTransaction saga = Saga(core::Status::kSubmitted);
  Answered(saga.branches[1], Outcome::kUnknown, "timed out", {});
  saga.branches[1].attempts = 3;
  saga.options.timeout_to_fail_s = 60;
  Expect(saga, {1}, "retrying",
         "the answer of action of branch 01 at host:1, attempt 3; last answer: unknown: timed out; "
         "the transaction is "
         "undone at 2025-12-01T10:00:55Z (in 55 s)");
}

TEST(WaitingTest, AnOngoingParticipant) {
  GlobalTransaction saga = Saga(core::Status::kSubmitted);
  Answered(saga.branches[1], Outcome::kOngoing, "ONGOING", base::Micros(1));
  saga.options.retry_limit = 4;
  saga.limited_retries = 1;
  Expect(saga, {}, "waiting",
         "action of branch 01 at host:1 to be called again at 2025-12-01T10:00:00Z (in 1 s) after "
         "1 attempt; last "
         "answer: ongoing: ONGOING; the transaction is undone after 4 repeats, 1 were used");
}

TEST(WaitingTest, ACompensationIsRepeatedUntilItSucceeds) {
  GlobalTransaction saga = Saga(core::Status::kAborting);
  saga.branches[1].called = true;
  Answered(saga.branches[0], Outcome::kFailure, "no FAILURE", base::Seconds(10));
  saga.branches[0].attempts = 2;
  Expect(saga, {}, "retrying",
         "compensate of branch 01 at host:1 to be called again at 2025-12-01T10:00:10Z (in 10 s) "
         "after 2 attempts; "
         "last answer: failure: no FAILURE; repeated until it succeeds");
}

TEST(WaitingTest, ManyBranchesAreCounted) {
  GlobalTransaction message =
      Make(core::Mode::kMessage, core::Status::kSubmitted,
           {Row("01", Op::kAction), Row("02", Op::kAction), Row("03", Op::kAction),
            Row("04", Op::kAction), Row("05", Op::kAction)});
  message.concurrent = true;
  Expect(message, {}, "running",
         "action of branch 01 at host:1 to be called now; and action of branch 02 at host:1 to be "
         "called now; and "
         "action of branch 03 at host:1 to be called now; and 2 more branches; repeated until it "
         "succeeds");
}

TEST(WaitingTest, ADelayedMessageIsFine) {
  GlobalTransaction message =
      Make(core::Mode::kMessage, core::Status::kSubmitted, {Row("01", Op::kAction)});
  message.delay_s = 65;
  message.branches[0].next_attempt = kNow + base::Seconds(60);
  Expect(message, {}, "ok", "its delivery, which is planned at 2025-12-01T10:01:00Z (in 60 s)");
}

TEST(WaitingTest, PreparedOnesWaitForTheirClient) {
  Expect(Make(core::Mode::kTcc, core::Status::kPrepared,
              {Row("01", Op::kCancel), Row("01", Op::kConfirm)}),
         {}, "waiting",
         "the client's submit or abort; times out at 2025-12-01T10:00:30Z (in 30 s) and is "
         "cancelled then");
  Expect(Saga(core::Status::kPrepared), {}, "waiting",
         "the client's submit; nothing else ends this wait but an operator's abort");
  Expect(Make(core::Mode::kMessage, core::Status::kPrepared, {Row("01", Op::kAction)}), {},
         "waiting", "the client's submit or abort; there is no check-back to ask");
}

TEST(WaitingTest, APreparedMessageIsAskedAbout) {
  GlobalTransaction message = Make(core::Mode::kMessage, core::Status::kPrepared,
                                   {Row("00", Op::kQuery), Row("01", Op::kAction)});
  message.branches[0].next_attempt = kNow + base::Seconds(30);
  Expect(message, {}, "waiting",
         "the client's submit or abort; the check-back at host:1 is asked at 2025-12-01T10:00:30Z "
         "(in 30 s)");
  Answered(message.branches[0], Outcome::kUnknown, "refused", base::Seconds(20));
  Expect(message, {}, "retrying",
         "the client's submit or abort, or the check-back at host:1 to be called again at "
         "2025-12-01T10:00:20Z (in 20 "
         "s) after 1 attempt; last answer: unknown: refused");
}

TEST(WaitingTest, ASubmittedTccConfirmsOneAfterTheOther) {
  GlobalTransaction tcc = Make(core::Mode::kTcc, core::Status::kSubmitted,
                               {Row("01", Op::kCancel), Row("01", Op::kConfirm),
                                Row("02", Op::kCancel), Row("02", Op::kConfirm)});
  Expect(tcc, {}, "running",
         "confirm of branch 02 at host:1 to be called now; repeated until it succeeds");
}

TEST(WaitingTest, AStaleCallIsToldToo) {
  GlobalTransaction saga = Saga(core::Status::kAborting);
  saga.branches[1].called = true;
  saga.branches[1].attempts = 1;
  Expect(saga, {1}, "running",
         "compensate of branch 01 at host:1 to be called now; and the answer of action of branch "
         "01 at host:1, attempt "
         "1; repeated until it succeeds");
}

TEST(HealthWithoutBranchesTest, AsFarAsItCanBeTold) {
  EXPECT_EQ(HealthWithoutBranches(Saga(core::Status::kSucceed), base::kNever, kNow), "ended");
  EXPECT_EQ(HealthWithoutBranches(Saga(core::Status::kPrepared), base::kNever, kNow), "waiting");
  EXPECT_EQ(HealthWithoutBranches(Saga(core::Status::kSubmitted), kNow, kNow), "running");
  EXPECT_EQ(HealthWithoutBranches(Saga(core::Status::kSubmitted), kNow + base::Seconds(1), kNow),
            "waiting");
}

}  // namespace
}  // namespace saga::api
