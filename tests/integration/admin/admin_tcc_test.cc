// TCC definitions: sagad tries, then confirms or cancels.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "orchestrator/core/words.h"
#include "tests/integration/admin/operator_door.h"

namespace saga::integration {
namespace {

using core::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOneTry[] = "http://p:1/one/try";
constexpr char kTwoTry[] = "http://p:1/two/try";
constexpr char kInput[] = R"({"id":"A-1"})";
constexpr char kGid[] = "reserve-A-1";

class AdminTccTest : public ::testing::Test {
 protected:
  v1::SubmitReply Submit(bool wait = true) {
    v1::SubmitReply reply;
    const grpc::Status status = door_.Submit("reserve", kInput, wait, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }
  // "op target", with the target cut to "<step>/<op>".
  std::vector<std::string> Calls() {
    std::vector<std::string> calls;
    for (const port::BranchCall& call : door_.caller().FullCalls()) {
      calls.push_back(std::string(core::WordOf(call.op)) + " " +
                      call.target.substr(sizeof("http://p:1/") - 1));
    }
    return calls;
  }

  OperatorDoor door_;
};

TEST_F(AdminTccTest, EveryTrySucceedsAndAllIsConfirmed) {
  const v1::SubmitReply reply = Submit();
  EXPECT_FALSE(reply.already_known());
  EXPECT_EQ(reply.transaction().gid(), kGid);
  EXPECT_EQ(reply.transaction().status(), "succeed");
  EXPECT_EQ(reply.transaction().mode(), "tcc");
  EXPECT_EQ(reply.transaction().definition(), "reserve");
  EXPECT_THAT(Calls(), ElementsAre("try one/try", "try two/try", "confirm two/confirm",
                                   "confirm one/confirm"));
  const port::BranchCall first = door_.caller().FullCalls()[0];
  EXPECT_EQ(first.gid, kGid);
  EXPECT_EQ(first.mode, core::Mode::kTcc);
  EXPECT_EQ(first.branch_id, "01");
  EXPECT_EQ(base::Value(first.payload), kInput);
  EXPECT_EQ(first.headers.at("x-shop"), "s");
  EXPECT_EQ(first.timeout, base::Seconds(7));
  EXPECT_EQ(door_.caller().FullCalls()[2].branch_id, "02");
}

TEST_F(AdminTccTest, ARefusedTryCancelsWhatWasRegistered) {
  door_.caller().Script(kTwoTry, {{Outcome::kFailure, "out of stock FAILURE"}});
  const v1::SubmitReply reply = Submit();
  EXPECT_EQ(reply.transaction().status(), "failed");
  EXPECT_EQ(reply.transaction().reason(),
            "try of step 'two' at http://p:1/two/try: failure: out of stock FAILURE");
  EXPECT_THAT(Calls(),
              ElementsAre("try one/try", "try two/try", "cancel two/cancel", "cancel one/cancel"));
}

TEST_F(AdminTccTest, StepsAfterARefusedTryAreNotTouched) {
  door_.caller().Script(kOneTry, {{Outcome::kFailure, "no"}});
  EXPECT_EQ(Submit().transaction().status(), "failed");
  EXPECT_THAT(Calls(), ElementsAre("try one/try", "cancel one/cancel"));
}

TEST_F(AdminTccTest, ATryWithoutAnAnswerIsCancelledToo) {
  for (const Outcome outcome : {Outcome::kUnknown, Outcome::kOngoing}) {
    OperatorDoor door;
    door.caller().Script(kOneTry, {{outcome, "timed out"}});
    v1::SubmitReply reply;
    ASSERT_TRUE(door.Submit("reserve", kInput, true, &reply).ok());
    EXPECT_EQ(reply.transaction().status(), "failed");
    EXPECT_THAT(reply.transaction().reason(), HasSubstr("timed out"));
  }
}

TEST_F(AdminTccTest, FiftyCallbacksTryOnce) {
  door_.caller().Hold(kOneTry);
  std::atomic<int> first = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([&] {
      const v1::SubmitReply reply = Submit(/*wait=*/false);
      EXPECT_EQ(reply.transaction().gid(), kGid);
      if (!reply.already_known()) ++first;
    });
  }
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release(kOneTry);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(door_.Wait(kGid).status(), "succeed");
  EXPECT_EQ(Calls().size(), 4u);
  EXPECT_TRUE(Submit().already_known());
}

TEST_F(AdminTccTest, AnOperatorMayAbortWhileItIsTried) {
  door_.caller().Hold(kOneTry);
  v1::SubmitReply reply;
  std::thread client([&] { EXPECT_TRUE(door_.Submit("reserve", kInput, true, &reply).ok()); });
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  const v1::Transaction waiting = door_.Get(kGid);
  EXPECT_EQ(waiting.status(), "prepared");
  EXPECT_EQ(waiting.health(), "waiting");
  EXPECT_THAT(waiting.waits_for(), HasSubstr("the client's submit or abort; times out at 2"));
  v1::AbortRequest abort;
  abort.set_gid(kGid);
  *abort.mutable_actor() = OperatorDoor::Actor("enough");
  v1::Transaction aborted;
  ASSERT_TRUE(door_.Call(&v1::Admin::Stub::Abort, abort, &aborted).ok());
  EXPECT_EQ(door_.Wait(kGid).status(), "failed");
  door_.caller().Release(kOneTry);
  client.join();
  EXPECT_EQ(door_.Get(kGid).reason(), "enough");
  EXPECT_THAT(Calls(), ElementsAre("try one/try", "cancel one/cancel"));
}

TEST_F(AdminTccTest, StoppingTakesBackWhatIsBeingTried) {
  door_.caller().Hold(kOneTry);
  grpc::Status status;
  std::thread client([&] {
    v1::SubmitReply reply;
    status = door_.Submit("reserve", kInput, false, &reply);
  });
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  std::atomic<bool> stopped = false;
  std::thread stopper([&] {
    door_.service().Stop();
    stopped = true;
  });
  // Nothing new is started from some moment on, while the try that is out is still waited for.
  grpc::Status refused;
  for (int i = 0; refused.error_code() != grpc::StatusCode::UNAVAILABLE && i < 200; ++i) {
    v1::SubmitRequest request;
    request.set_definition("reserve");
    request.set_input_json("{\"id\":" + std::to_string(i) + "}");
    v1::SubmitReply reply;
    refused = door_.Call(&v1::Admin::Stub::Submit, request, &reply, std::chrono::milliseconds(100));
  }
  EXPECT_FALSE(stopped);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  door_.caller().Release(kOneTry);
  stopper.join();
  client.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  const v1::Transaction ended = door_.Wait(kGid);
  EXPECT_EQ(ended.status(), "failed");
  EXPECT_EQ(ended.reason(), "the server was stopped before every step was tried");
  EXPECT_THAT(Calls(), ::testing::Contains("cancel one/cancel"));
  EXPECT_THAT(Calls(), ::testing::Not(::testing::Contains("try two/try")));
}

TEST_F(AdminTccTest, BadInputTouchesNothing) {
  v1::SubmitReply reply;
  EXPECT_EQ(door_.Submit("reserve", "{}", true, &reply, "g").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Calls(), IsEmpty());
  EXPECT_EQ(door_.Get("g").gid(), "");
}

}  // namespace
}  // namespace saga::integration
