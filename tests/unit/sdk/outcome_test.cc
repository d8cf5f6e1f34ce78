// What a participant says must be what the orchestrator hears: over gRPC (protocol 4.3) and over
// HTTP (protocol 4.1).

#include "participants/sdk/outcome.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saga::participants::sdk {
namespace {

TEST(Outcome, TravelsOverGrpc) {
  EXPECT_EQ(ToGrpcStatus(Outcome::Done()).code(), absl::StatusCode::kOk);
  EXPECT_EQ(ToGrpcStatus(Outcome::FailedForGood("no")).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ToGrpcStatus(Outcome::TryLater("not yet")).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ToGrpcStatus(Outcome::Unknown("broken")).code(), absl::StatusCode::kInternal);
  for (const Outcome& outcome :
       {Outcome::Done(), Outcome::FailedForGood("out of stock"), Outcome::TryLater("not yet")}) {
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(outcome)), outcome);
  }
  EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(Outcome::Unknown("broken"))).kind(), OutcomeKind::kUnknown);
}

TEST(Outcome, EveryOtherGrpcCodeIsUnknown) {
  for (int code = 1; code <= 16; ++code) {
    const auto status = static_cast<absl::StatusCode>(code);
    const OutcomeKind kind = FromGrpcStatus(absl::Status(status, "text")).kind();
    if (status == absl::StatusCode::kAborted) {
      EXPECT_EQ(kind, OutcomeKind::kFailedForGood);
    } else if (status == absl::StatusCode::kFailedPrecondition) {
      EXPECT_EQ(kind, OutcomeKind::kTryLater);
    } else {
      EXPECT_EQ(kind, OutcomeKind::kUnknown) << code;
    }
  }
}

TEST(Outcome, TheOldWayToSayOngoingOverGrpcIsUnderstoodAndNeverSaidByAccident) {
  EXPECT_EQ(FromGrpcStatus(absl::AbortedError("ONGOING")).kind(), OutcomeKind::kTryLater);
  EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(Outcome::FailedForGood("ONGOING"))).kind(),
            OutcomeKind::kFailedForGood);
}

TEST(Outcome, TravelsOverHttp) {
  EXPECT_EQ(ToHttpAnswer(Outcome::Done()).status, 200);
  const HttpAnswer failed = ToHttpAnswer(Outcome::FailedForGood("out of stock"));
  EXPECT_EQ(failed.status, 409);
  EXPECT_EQ(failed.body, R"({"dtm_result":"FAILURE","message":"out of stock"})");
  const HttpAnswer later = ToHttpAnswer(Outcome::TryLater("not yet"));
  EXPECT_EQ(later.status, 425);
  EXPECT_EQ(later.body, R"({"dtm_result":"ONGOING","message":"not yet"})");
  EXPECT_EQ(ToHttpAnswer(Outcome::Unknown("broken")).status, 500);
}

// The orchestrator looks for the words in the whole body, and for ONGOING first.
TEST(Outcome, NoReasonTurnsItIntoAnotherOutcomeOverHttp) {
  const std::vector<std::string> reasons = {
      "", "FAILURE", "ONGOING", "ONGOING FAILURE", "\"quotes\"\n", "\xff\xfe"};
  for (const std::string& reason : reasons) {
    for (const Outcome& outcome : {Outcome::Done(), Outcome::FailedForGood(reason),
                                   Outcome::TryLater(reason), Outcome::Unknown(reason)}) {
      const HttpAnswer answer = ToHttpAnswer(outcome);
      EXPECT_EQ(FromHttpAnswer(answer.status, answer.body).kind(), outcome.kind())
          << reason << " " << answer.body;
    }
  }
}

TEST(Outcome, HearsOldStyleHttpAnswers) {
  EXPECT_EQ(FromHttpAnswer(200, R"({"dtm_result":"ONGOING"})").kind(), OutcomeKind::kTryLater);
  EXPECT_EQ(FromHttpAnswer(200, R"({"dtm_result":"FAILURE"})").kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(FromHttpAnswer(422, "FAILURE").kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(FromHttpAnswer(201, "").kind(), OutcomeKind::kUnknown);
  EXPECT_EQ(FromHttpAnswer(404, "").kind(), OutcomeKind::kUnknown);
}

TEST(Outcome, OwnErrorsAreNeverAFinalNo) {
  EXPECT_EQ(Outcome::From(absl::OkStatus()), Outcome::Done());
  EXPECT_EQ(Outcome::From(absl::UnavailableError("busy")).kind(), OutcomeKind::kTryLater);
  for (const auto code : {absl::StatusCode::kAborted, absl::StatusCode::kFailedPrecondition,
                          absl::StatusCode::kAlreadyExists, absl::StatusCode::kInternal}) {
    EXPECT_EQ(Outcome::From(absl::Status(code, "text")).kind(), OutcomeKind::kUnknown);
  }
}

TEST(Outcome, LongReasonsAreCutBetweenCharacters) {
  std::string reason(kMaxReasonBytes - 1, 'x');
  reason += "\xC3\xBC";  // one character of two bytes across the limit
  EXPECT_EQ(Outcome::FailedForGood(reason).reason(), std::string(kMaxReasonBytes - 1, 'x'));
}

}  // namespace
}  // namespace saga::participants::sdk
