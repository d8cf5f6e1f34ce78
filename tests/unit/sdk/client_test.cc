// The client against the fake orchestrator: what travels, and what every answer is understood as.

#include "absl/synchronization/mutex.h"
#include "participants/sdk/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "participants/sdk/branch_context.h"
#include "participants/sdk/http_server.h"
#include "participants/sdk/testing/fake_orchestrator.h"

namespace saga::participants::sdk {
namespace {

using ::testing::ElementsAre;
using testing::FakeOrchestrator;
using ::testing::HasSubstr;

// A participant over HTTP that answers what its path says and remembers who asked.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : participant_({}), client_(fake_.address()) {
    participant_.Route(
        "/done", [this](const HttpRequest& request) { return Answer(request, Outcome::Done()); });
    participant_.Route("/no", [this](const HttpRequest& request) {
      return Answer(request, Outcome::FailedForGood("out of stock"));
    });
    EXPECT_TRUE(participant_.Start({"127.0.0.1", 0}).ok());
  }

  HttpResponse Answer(const HttpRequest& request, const Outcome& outcome) {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(request.Query("branch_id").value_or("?") + " " +
                     request.Query("op").value_or("?") + " " + request.body);
    HttpAnswer answer = ToHttpAnswer(outcome);
    return {answer.status, std::move(answer.body)};
  }

  std::string Url(const std::string& path) {
    return "http://" + ToString(participant_.address()) + path;
  }

  std::vector<std::string> calls() {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

  absl::Mutex mutex_;
  std::vector<std::string> calls_;
  HttpServer participant_;
  FakeOrchestrator fake_;
  Client client_;
};

TEST_F(ClientTest, GidsComeFromTheBusinessKey) {
  EXPECT_EQ(GidFor("order_paid", "A-1"), "order_paid-A-1");
}

TEST_F(ClientTest, ASagaIsStartedAndReachesItsEnd) {
  SagaBuilder saga("g1");
  saga.Step(Url("/done"), Url("/done"), "first").Step(Url("/done"), "", "second");
  EXPECT_EQ(client_.Submit(saga).kind, StartKind::kStarted);
  EXPECT_TRUE(fake_.WaitForStatus("g1", "succeed", absl::Seconds(10)));
  EXPECT_THAT(calls(), ElementsAre("01 action first", "02 action second"));
}

TEST_F(ClientTest, WithWaitResultTheEndIsTold) {
  SagaBuilder good("good");
  good.Step(Url("/done"), Url("/done"), "x").Options({.wait_result = true});
  EXPECT_EQ(client_.Submit(good).kind, StartKind::kSucceeded);

  SagaBuilder bad("bad");
  bad.Step(Url("/done"), Url("/done"), "x")
      .Step(Url("/no"), Url("/done"), "y")
      .Options({.wait_result = true});
  const StartResult result = client_.Submit(bad);
  EXPECT_EQ(Name(result.kind), Name(StartKind::kFailed));
  EXPECT_THAT(result.reason, HasSubstr("out of stock"));
  EXPECT_THAT(calls(), ElementsAre("01 action x", "01 action x", "02 action y", "02 compensate y",
                                   "01 compensate x"));
}

TEST_F(ClientTest, ARepeatFindsTheFirst) {
  SagaBuilder saga("g1");
  saga.Step(Url("/done"), "", "x");
  fake_.Hold();
  EXPECT_EQ(client_.Submit(saga).kind, StartKind::kStarted);
  EXPECT_EQ(client_.Submit(saga).kind, StartKind::kStarted);
  fake_.Release();
  EXPECT_TRUE(fake_.WaitForStatus("g1", "succeed", absl::Seconds(10)));
  const StartResult repeated = client_.Submit(saga);
  EXPECT_EQ(Name(repeated.kind), Name(StartKind::kAlreadyDecided));
  EXPECT_EQ(repeated.status, "succeed");
  EXPECT_EQ(calls().size(), 1u);
}

TEST_F(ClientTest, ALostAnswerIsUnknownAndTheRepeatClearsIt) {
  SagaBuilder saga("g1");
  saga.Step(Url("/done"), "", "x").Options({.wait_result = true});
  fake_.LoseNextAnswer();
  EXPECT_EQ(Name(client_.Submit(saga).kind), Name(StartKind::kUnknown));
  const StartResult repeated = client_.Submit(saga);
  EXPECT_EQ(Name(repeated.kind), Name(StartKind::kAlreadyDecided));
  EXPECT_EQ(repeated.status, "succeed");
  EXPECT_EQ(calls().size(), 1u);
}

TEST_F(ClientTest, EveryCodeHasItsMeaning) {
  const std::vector<std::pair<absl::Status, StartKind>> table = {
      {absl::AbortedError("out of stock FAILURE"), StartKind::kFailed},
      {absl::AbortedError("current status 'aborting', cannot sumbmit. FAILURE"),
       StartKind::kAlreadyDecided},
      {absl::AbortedError("wait result not return success: FAILURE"), StartKind::kStarted},
      {absl::FailedPreconditionError("ONGOING"), StartKind::kStarted},
      {absl::ResourceExhaustedError("full"), StartKind::kRefused},
      {absl::InvalidArgumentError("no gid"), StartKind::kRefused},
      {absl::InternalError("storage"), StartKind::kUnknown},
      {absl::UnknownError("?"), StartKind::kUnknown},
      {absl::UnavailableError("down"), StartKind::kUnknown},
      {absl::DeadlineExceededError("late"), StartKind::kUnknown},
  };
  for (const auto& [status, kind] : table) {
    fake_.AnswerNext(status);
    EXPECT_EQ(Name(client_.Submit(SagaBuilder("g")).kind), Name(kind)) << status;
  }
  EXPECT_EQ(fake_.Gids().size(), 0u);
}

TEST_F(ClientTest, NobodyThereIsUnknown) {
  Client nobody("127.0.0.1:1", {.timeout = absl::Milliseconds(300)});
  EXPECT_EQ(Name(nobody.Submit(SagaBuilder("g")).kind), Name(StartKind::kUnknown));
}

TEST_F(ClientTest, ATccConfirmsInOppositeOrder) {
  Tcc tcc(client_, "t1", {.wait_result = true});
  ASSERT_EQ(tcc.Prepare().kind, StartKind::kStarted);
  const TccBranch first{Url("/done"), Url("/done"), Url("/done"), "a"};
  const TccBranch second{Url("/done"), Url("/done"), Url("/done"), "b"};
  EXPECT_EQ(tcc.Try(first), Outcome::Done());
  EXPECT_EQ(tcc.Try(second), Outcome::Done());
  EXPECT_EQ(Name(tcc.Submit().kind), Name(StartKind::kSucceeded));
  EXPECT_THAT(calls(), ElementsAre("01 try a", "02 try b", "02 confirm b", "01 confirm a"));
  EXPECT_EQ(tcc.Prepare().status, "succeed");
}

TEST_F(ClientTest, ATccWithAFailedTryIsCancelled) {
  Tcc tcc(client_, "t1", {.wait_result = true});
  ASSERT_EQ(tcc.Prepare().kind, StartKind::kStarted);
  EXPECT_TRUE(tcc.Try({Url("/done"), Url("/done"), Url("/done"), "a"}).ok());
  const Outcome failed = tcc.Try({Url("/no"), Url("/done"), Url("/done"), "b"});
  EXPECT_EQ(failed.kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Name(tcc.Abort(failed.reason()).kind), Name(StartKind::kSucceeded));
  EXPECT_EQ(fake_.StatusOf("t1"), "failed");
  EXPECT_THAT(calls(), ElementsAre("01 try a", "02 try b", "02 cancel b", "01 cancel a"));
}

// sagad gave up on the transaction meanwhile: nothing may be frozen any more.
TEST_F(ClientTest, ABranchThatCannotBeRegisteredIsNotTried) {
  Tcc tcc(client_, "never-prepared");
  EXPECT_EQ(tcc.Try({Url("/done"), Url("/done"), Url("/done"), "a"}).kind(),
            OutcomeKind::kFailedForGood);
  EXPECT_TRUE(calls().empty());
}

}  // namespace
}  // namespace saga::participants::sdk
