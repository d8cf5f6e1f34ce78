// DTM's five calls over real gRPC against the real engine: what is called, and what is answered
// with which code and text (protocol 1.4).

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/grpc_door/door.h"
#include "tests/integration/grpc_door/raw_call.h"

namespace saga::integration {
namespace {

using core::Outcome;
using grpc::StatusCode;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kLongText[] =
    "your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/arch.html#proto\n"
    "unkown result will be retried: ";

void ExpectStatus(const grpc::Status& status, StatusCode code, const std::string& text) {
  EXPECT_EQ(status.error_code(), code);
  EXPECT_EQ(status.error_message(), text);
}

class GrpcDoorTest : public testing::Test {
 protected:
  // A prepared TCC with branches 01 and 02.
  void PrepareTcc(const std::string& gid, bool wait = true) {
    ASSERT_TRUE(door_.Prepare(Request(gid, "tcc", 0, wait)).ok());
    ASSERT_TRUE(door_.RegisterBranch(Branch(gid, "01")).ok());
    ASSERT_TRUE(door_.RegisterBranch(Branch(gid, "02")).ok());
  }

  Door door_;
};

TEST_F(GrpcDoorTest, NewGids) {
  const std::string first = door_.NewGid();
  EXPECT_EQ(first.size(), 22u);
  EXPECT_NE(first, door_.NewGid());
}

TEST_F(GrpcDoorTest, SagaThatSucceeds) {
  auto request = Request("g", "saga", 2);
  (*request.mutable_transoptions()->mutable_branchheaders())["test_header"] = "yes";
  request.mutable_transoptions()->set_requesttimeout(6);
  ExpectStatus(door_.Submit(request), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action b/act1", "action b/act2"));
  const port::BranchCall call = door_.caller().FullCalls()[1];
  EXPECT_EQ(call.gid, "g");
  EXPECT_EQ(call.mode, core::Mode::kSaga);
  EXPECT_EQ(call.branch_id, "02");
  EXPECT_EQ(call.protocol, core::Protocol::kGrpc);
  EXPECT_EQ(base::Value(call.payload), "p2");
  EXPECT_EQ(call.headers.at("test_header"), "yes");
  EXPECT_EQ(call.timeout, base::Seconds(6));
}

TEST_F(GrpcDoorTest, SagaWithoutWaitingIsAnsweredWhenItIsStored) {
  door_.caller().Hold("b/act1");
  ExpectStatus(door_.Submit(Request("g", "saga", 2, /*wait=*/false)), StatusCode::OK, "");
  EXPECT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release("b/act1");
  EXPECT_TRUE(door_.caller().WaitForCalls(2));
}

TEST_F(GrpcDoorTest, SagaThatIsUndone) {
  door_.caller().Script("b/act2", {{Outcome::kFailure, "no stock FAILURE"}});
  ExpectStatus(door_.Submit(Request("g", "saga", 2)), StatusCode::ABORTED,
               "url:b/act2 return failed: no stock FAILURE");
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action b/act1", "action b/act2",
                                                  "compensate b/undo2", "compensate b/undo1"));
}

TEST_F(GrpcDoorTest, SagaThatIsStillGoingOn) {
  door_.caller().Script("b/act1", {{Outcome::kOngoing, "ONGOING"}});
  ExpectStatus(door_.Submit(Request("g", "saga", 2)), StatusCode::ABORTED,
               "wait result not return success: FAILURE");
  ExpectStatus(door_.Submit(Request("g", "saga", 2, /*wait=*/false)), StatusCode::OK, "");
}

TEST_F(GrpcDoorTest, SagaWithAnOrderGraph) {
  auto request = Request("g", "saga", 3);
  request.set_customeddata(R"({"concurrent":true,"orders":{"0":[1,2]}})");
  ExpectStatus(door_.Submit(request), StatusCode::OK, "");
  const auto calls = door_.caller().Calls();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[2], "action b/act1");
}

TEST_F(GrpcDoorTest, SubmitOfAFinishedOneIsRefused) {
  ExpectStatus(door_.Submit(Request("g", "saga", 1)), StatusCode::OK, "");
  ExpectStatus(door_.Submit(Request("g", "saga", 1)), StatusCode::ABORTED,
               "current status 'succeed', cannot sumbmit. FAILURE");
  EXPECT_EQ(door_.caller().Calls().size(), 1u);
}

TEST_F(GrpcDoorTest, FiftySubmitsOfOneGidCallEachBranchOnce) {
  door_.caller().Hold("b/act1");
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([this] {
      ExpectStatus(door_.Submit(Request("g", "saga", 2, /*wait=*/false)), StatusCode::OK, "");
    });
  }
  for (std::thread& client : clients) client.join();
  door_.caller().Release("b/act1");
  ASSERT_TRUE(door_.caller().WaitForCalls(2));
  // A gid that is a prefix of the other one is another transaction.
  ExpectStatus(door_.Submit(Request("g-1", "saga", 1)), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("action b/act1", "action b/act2", "action b/act1"));
}

TEST_F(GrpcDoorTest, TccConfirmsTheLastRegisteredFirst) {
  PrepareTcc("g");
  ExpectStatus(door_.Submit(Request("g", "tcc", 0)), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("confirm b/confirm02", "confirm b/confirm01"));
  EXPECT_EQ(base::Value(door_.caller().FullCalls()[0].payload), "payload02");
}

TEST_F(GrpcDoorTest, TccAbort) {
  PrepareTcc("g", /*wait=*/false);
  auto abort = Request("g", "tcc", 0);
  abort.set_rollbackreason("rpc error: code = Aborted desc = reason:");
  ExpectStatus(door_.Abort(abort), StatusCode::OK, "");
  ASSERT_TRUE(door_.caller().WaitForCalls(2));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("cancel b/cancel02", "cancel b/cancel01"));
  const auto stored = door_.store().query().Find("g");
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->transaction.rollback_reason, abort.rollbackreason());
}

TEST_F(GrpcDoorTest, TccAbortWaitsWhenThePrepareAskedForIt) {
  door_.caller().Script("b/cancel02", {{Outcome::kOngoing, "ONGOING"}, {Outcome::kSuccess, ""}});
  PrepareTcc("g", /*wait=*/true);
  ExpectStatus(door_.Abort(Request("g", "tcc", 0)), StatusCode::FAILED_PRECONDITION, "ONGOING");
  // Asking again means: go on now.
  ExpectStatus(door_.Abort(Request("g", "tcc", 0)), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("cancel b/cancel02", "cancel b/cancel02", "cancel b/cancel01"));
  ExpectStatus(door_.Abort(Request("g", "tcc", 0)), StatusCode::ABORTED,
               "trans type: 'tcc' current status 'failed', cannot abort. FAILURE");
}

TEST_F(GrpcDoorTest, TccStatusDoesNotAllowIt) {
  door_.caller().Script("b/confirm02", {{Outcome::kOngoing, "ONGOING"}});
  PrepareTcc("g");
  ExpectStatus(door_.Submit(Request("g", "tcc", 0)), StatusCode::FAILED_PRECONDITION, "ONGOING");
  ExpectStatus(door_.Prepare(Request("g", "tcc", 0)), StatusCode::ABORTED,
               "current status 'submitted', cannot prepare. FAILURE");
  ExpectStatus(door_.Abort(Request("g", "tcc", 0)), StatusCode::ABORTED,
               "trans type: 'tcc' current status 'submitted', cannot abort. FAILURE");
  ExpectStatus(door_.RegisterBranch(Branch("g", "03")), StatusCode::ABORTED,
               "no trans with gid: g status: prepared found FAILURE");
}

TEST_F(GrpcDoorTest, TccConfirmWithoutAClearAnswer) {
  door_.caller().Script("b/confirm02", {{Outcome::kUnknown, "boom"}});
  PrepareTcc("g");
  ExpectStatus(door_.Submit(Request("g", "tcc", 0)), StatusCode::UNKNOWN,
               std::string(kLongText) + "boom");
  door_.caller().Script("b/confirm02", {{Outcome::kFailure, "no FAILURE"}});
  PrepareTcc("h");
  ExpectStatus(door_.Submit(Request("h", "tcc", 0)), StatusCode::ABORTED,
               std::string(kLongText) + "no FAILURE");
}

TEST_F(GrpcDoorTest, UnknownGid) {
  ExpectStatus(door_.Abort(Request("none", "tcc", 0)), StatusCode::INTERNAL,
               "no TransGlobal with gid: none found");
  ExpectStatus(door_.RegisterBranch(Branch("none", "01")), StatusCode::ABORTED,
               "no trans with gid: none status: prepared found FAILURE");
}

TEST_F(GrpcDoorTest, RegisteringAgain) {
  PrepareTcc("g");
  ExpectStatus(door_.RegisterBranch(Branch("g", "01")), StatusCode::OK, "");
  auto other = Branch("g", "01");
  other.set_busipayload("other");
  ExpectStatus(door_.RegisterBranch(other), StatusCode::UNKNOWN, "storage: UniqueKeyConflict");
  ExpectStatus(door_.Submit(Request("g", "tcc", 0)), StatusCode::OK, "");
  EXPECT_EQ(door_.caller().Calls().size(), 2u);
}

TEST_F(GrpcDoorTest, TccBranchesWithoutTargetsNeedNoCall) {
  ASSERT_TRUE(door_.Prepare(Request("g", "tcc", 0)).ok());
  auto branch = Branch("g", "01");
  branch.clear_data();
  ASSERT_TRUE(door_.RegisterBranch(branch).ok());
  ExpectStatus(door_.Submit(Request("g", "tcc", 0)), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
}

TEST_F(GrpcDoorTest, Message) {
  auto request = Request("g", "msg", 2);
  request.set_queryprepared("b/query");
  ExpectStatus(door_.Prepare(request), StatusCode::OK, "");
  ExpectStatus(door_.Prepare(request), StatusCode::OK, "");
  ExpectStatus(door_.Submit(request), StatusCode::OK, "");
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action b/act1", "action b/act2"));
  ExpectStatus(door_.Prepare(request), StatusCode::ABORTED,
               "current status 'succeed', cannot prepare. FAILURE");
}

TEST_F(GrpcDoorTest, MessageThatIsTakenBack) {
  ExpectStatus(door_.Prepare(Request("g", "msg", 1)), StatusCode::OK, "");
  ExpectStatus(door_.Abort(Request("g", "msg", 1)), StatusCode::OK, "");
  ExpectStatus(door_.Submit(Request("g", "msg", 1)), StatusCode::ABORTED,
               "current status 'failed', cannot sumbmit. FAILURE");
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
}

TEST_F(GrpcDoorTest, MessageThatIsDelayed) {
  auto request = Request("g", "msg", 1);
  request.set_customeddata(R"({"delay":1000})");
  ExpectStatus(door_.Submit(request), StatusCode::ABORTED,
               "wait result not return success: FAILURE");
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
}

TEST_F(GrpcDoorTest, MessageBranchWithoutAClearAnswer) {
  door_.caller().Script("b/act1", {{Outcome::kUnknown, "boom"}});
  ExpectStatus(door_.Submit(Request("g", "msg", 2)), StatusCode::UNKNOWN,
               std::string(kLongText) + "boom");
  door_.caller().Script("b/act1", {{Outcome::kOngoing, "ONGOING"}});
  ExpectStatus(door_.Submit(Request("h", "msg", 2)), StatusCode::ABORTED,
               "wait result not return success: FAILURE");
}

TEST_F(GrpcDoorTest, OldClientsSendAFieldThatIsRetired) {
  // Gid "g", TransType "saga", TransOptions {WaitResult: true, 4: "header"}; Steps and payloads
  // absent.
  const std::string bytes = std::string("\x0a\x01g\x12\x04saga\x1a\x0a") + "\x08\x01\x22\x06header";
  std::string reply;
  ExpectStatus(RawCall(door_.channel(), "/dtmgimp.Dtm/Submit", bytes, &reply), StatusCode::OK, "");
}

TEST_F(GrpcDoorTest, AbsentOptionsAndSteps) {
  dtmgimp::DtmRequest request;
  request.set_gid("g");
  request.set_transtype("tcc");
  ExpectStatus(door_.Prepare(request), StatusCode::OK, "");
  ExpectStatus(door_.Submit(request), StatusCode::OK, "");
}

TEST_F(GrpcDoorTest, ClientThatGoesAwayEndsTheCallNotTheTransaction) {
  door_.caller().Hold("b/act1");
  grpc::ClientContext context;
  google::protobuf::Empty reply;
  grpc::Status status;
  std::thread client(
      [&] { status = door_.stub().Submit(&context, Request("g", "saga", 2), &reply); });
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  context.TryCancel();
  client.join();
  EXPECT_EQ(status.error_code(), StatusCode::CANCELLED);
  // Nothing of the call is left that a shutdown would have to wait for.
  door_.server().Shutdown(base::Seconds(20));
  door_.caller().Release("b/act1");
  EXPECT_TRUE(door_.caller().WaitForCalls(2));
}

TEST_F(GrpcDoorTest, ClientWhoseTimeIsUp) {
  door_.caller().Hold("b/act1");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  google::protobuf::Empty reply;
  EXPECT_EQ(door_.stub().Submit(&context, Request("g", "saga", 1), &reply).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release("b/act1");
  // The transaction went on: soon a repeat is refused because it has succeeded.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  grpc::Status repeat;
  do {
    repeat = door_.Submit(Request("g", "saga", 1, /*wait=*/false));
  } while (repeat.ok() && std::chrono::steady_clock::now() < end);
  ExpectStatus(repeat, StatusCode::ABORTED, "current status 'succeed', cannot sumbmit. FAILURE");
}

TEST_F(GrpcDoorTest, EveryAnswerIsTold) {
  door_.caller().Script("b/act2", {{Outcome::kFailure, "no FAILURE"}});
  door_.NewGid();
  EXPECT_TRUE(door_.Submit(Request("g1", "saga", 1)).ok());
  EXPECT_FALSE(door_.Submit(Request("g2", "saga", 2)).ok());
  EXPECT_FALSE(door_.Submit(Request("", "saga", 1, /*wait=*/false)).ok());
  PrepareTcc("t");
  EXPECT_TRUE(door_.Abort(Request("t", "tcc", 0)).ok());
  EXPECT_THAT(door_.told(),
              ElementsAre("NewGid ok", "Submit ok", "Submit fail", "Submit fail", "Prepare ok",
                          "RegisterBranch ok", "RegisterBranch ok", "Abort ok"));
}

TEST_F(GrpcDoorTest, StoreThatFails) {
  door_.store().FailCommits("disk full");
  const grpc::Status status = door_.Submit(Request("g", "saga", 1));
  ExpectStatus(status, StatusCode::UNAVAILABLE, "the store failed: disk full");
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
  door_.store().Heal();
  ExpectStatus(door_.Submit(Request("g", "saga", 1)), StatusCode::OK, "");
}

TEST_F(GrpcDoorTest, ServerThatStops) {
  door_.engine().StopIntake();
  for (const bool wait : {false, true}) {
    ExpectStatus(door_.Submit(Request("g", "saga", 1, wait)), StatusCode::UNAVAILABLE,
                 "this server is stopping: try another one, or again when it is back");
  }
}

TEST_F(GrpcDoorTest, EngineThatStopsWhileAClientWaits) {
  door_.caller().Hold("b/act1");
  grpc::Status status;
  std::thread client([&] { status = door_.Submit(Request("g", "saga", 1)); });
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.engine().Stop();
  client.join();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace saga::integration
