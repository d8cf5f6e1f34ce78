// The gRPC service dtmgimp.Dtm (protocol 1.6): every RPC, its status codes, and what it tolerates.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::_;
using testing::HasSubstr;
using testing::Not;

class GrpcDoor : public DoorTest {
 protected:
  static dtmgimp::DtmRequest WaitingSaga(const std::string& gid) {
    dtmgimp::DtmRequest request = Request("saga", gid);
    request.mutable_transoptions()->set_waitresult(true);
    request.set_steps(nlohmann::json({{{"action", recorder().GrpcTarget("Pay")},
                                       {"compensate", recorder().GrpcTarget("Refund")}}})
                          .dump());
    request.add_binpayloads(std::string("\x0a\x00\xff", 3));
    return request;
  }

  static dtmgimp::DtmBranchRequest TccBranch(const std::string& gid, const std::string& branch_id) {
    dtmgimp::DtmBranchRequest request;
    request.set_gid(gid);
    request.set_transtype("tcc");
    request.set_branchid(branch_id);
    (*request.mutable_data())["confirm"] = recorder().GrpcTarget("Confirm");
    (*request.mutable_data())["cancel"] = recorder().GrpcTarget("Cancel");
    request.set_busipayload("try this");
    return request;
  }
};

TEST_F(GrpcDoor, Saga) {
  const std::string gid = NewGid("grpc-saga");
  EXPECT_THAT(Rpc("Submit", WaitingSaga(gid)), IsGrpc(0, ""));
  const nlohmann::json state = Query(gid);
  EXPECT_EQ(state["transaction"]["status"], "succeed");
  EXPECT_EQ(state["transaction"]["protocol"], "grpc");
  const auto calls = recorder().CallsOf(gid);
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].path, "/test.Participant/Pay");
  EXPECT_EQ(calls[0].body, std::string("\x0a\x00\xff", 3));
}

TEST_F(GrpcDoor, Tcc) {
  for (const char* end : {"Submit", "Abort"}) {
    const std::string gid = NewGid("grpc-tcc");
    EXPECT_THAT(Rpc("Prepare", Request("tcc", gid)), IsGrpc(0, ""));
    EXPECT_THAT(Rpc("RegisterBranch", TccBranch(gid, "01")), IsGrpc(0, ""));
    EXPECT_EQ(Query(gid)["branches"].size(), 2U);
    dtmgimp::DtmRequest request = Request("tcc", gid);
    request.set_rollbackreason("no seats");
    EXPECT_THAT(Rpc(end, request), IsGrpc(0, ""));
    const bool submitted = std::string(end) == "Submit";
    EXPECT_TRUE(WaitForStatus(gid, submitted ? "succeed" : "failed"));
    const auto calls = recorder().CallsOf(gid);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].op, submitted ? "confirm" : "cancel");
    EXPECT_EQ(calls[0].body, "try this");
    if (!submitted) {
      EXPECT_EQ(Query(gid)["transaction"]["rollback_reason"], "no seats");
    }
  }
}

// The op of the request is not read: the data says what the branch has.
TEST_F(GrpcDoor, OpOfARegistrationIsIgnored) {
  const std::string gid = NewGid("grpc-op");
  ASSERT_THAT(Rpc("Prepare", Request("tcc", gid)), IsGrpc(0, ""));
  dtmgimp::DtmBranchRequest request = TccBranch(gid, "01");
  request.set_op("action");
  EXPECT_THAT(Rpc("RegisterBranch", request), IsGrpc(0, ""));
  const nlohmann::json branches = Query(gid)["branches"];
  ASSERT_EQ(branches.size(), 2U);
  EXPECT_EQ(branches[0]["op"], "cancel");
  EXPECT_EQ(branches[1]["op"], "confirm");
}

TEST_F(GrpcDoor, WorkflowProgress) {
  const std::string gid = NewGid("grpc-flow");
  dtmgimp::DtmRequest request = Request("workflow", gid);
  request.set_queryprepared(recorder().grpc_address() + "/workflow.Workflow/Execute");
  request.set_customeddata(R"({"name":"flow","data":"aGk="})");
  const auto prepare = [&] {
    const GrpcAnswer answer = Rpc("PrepareWorkflow", request);
    EXPECT_THAT(answer, IsGrpc(0, ""));
    dtmgimp::DtmProgressesReply reply;
    EXPECT_TRUE(reply.ParseFromString(answer.body));
    return reply;
  };
  dtmgimp::DtmProgressesReply reply = prepare();
  EXPECT_EQ(reply.transaction().gid(), gid);
  EXPECT_EQ(reply.transaction().status(), "prepared");
  EXPECT_EQ(reply.progresses_size(), 0);

  dtmgimp::DtmBranchRequest step;
  step.set_gid(gid);
  step.set_transtype("workflow");
  step.set_branchid("01");
  (*step.mutable_data())["op"] = "action";
  (*step.mutable_data())["status"] = "succeed";
  step.set_busipayload(std::string("\x00\x01", 2));
  EXPECT_THAT(Rpc("RegisterBranch", step), IsGrpc(0, ""));
  reply = prepare();
  ASSERT_EQ(reply.progresses_size(), 1);
  EXPECT_EQ(reply.progresses(0).branchid(), "01");
  EXPECT_EQ(reply.progresses(0).op(), "action");
  EXPECT_EQ(reply.progresses(0).status(), "succeed");
  EXPECT_EQ(reply.progresses(0).bindata(), std::string("\x00\x01", 2));

  (*request.mutable_reqextra())["status"] = "failed";
  (*request.mutable_reqextra())["rollback_reason"] = "no seats";
  (*request.mutable_reqextra())["result"] = "b3V0";
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(0, ""));
  reply = prepare();
  EXPECT_EQ(reply.transaction().status(), "failed");
  EXPECT_EQ(reply.transaction().rollbackreason(), "no seats");
  // Without the result a client that runs a finished workflow again returns nothing (11.1 #9).
  EXPECT_EQ(reply.transaction().result(), Differs("workflow-result", server()) ? "" : "b3V0");
}

// A client that leaves out the type gets an error, and the server survives (TestGrpcPanic).
TEST_F(GrpcDoor, UnknownTypeIsInternal) {
  for (const char* type : {"", "sagas"}) {
    for (const char* rpc : {"Submit", "Prepare"}) {
      EXPECT_THAT(Rpc(rpc, Request(type, NewGid("type"))), IsGrpc(13, Not(""))) << rpc << type;
    }
  }
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/NewGid", ""), IsGrpc(0, ""));
}

TEST_F(GrpcDoor, FewerPayloadsThanStepsIsInternal) {
  dtmgimp::DtmRequest request = WaitingSaga(NewGid("payloads"));
  request.clear_binpayloads();
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(13, Not("")));
}

TEST_F(GrpcDoor, StepsThatAreNoneAtAll) {
  for (const char* steps : {"", "null", "[]"}) {
    dtmgimp::DtmRequest request = WaitingSaga(NewGid("no-steps"));
    request.set_steps(steps);
    request.clear_binpayloads();
    EXPECT_THAT(Rpc("Submit", request), IsGrpc(0, "")) << steps;
    EXPECT_EQ(Query(request.gid())["branches"].size(), 0U);
    EXPECT_EQ(StatusOf(request.gid()), "succeed");
  }
}

TEST_F(GrpcDoor, StepsThatAreNoJson) {
  for (const char* steps : {"nonsense", "{}", "[1]", "[", R"([{"action":1}])"}) {
    dtmgimp::DtmRequest request = WaitingSaga(NewGid("bad-steps"));
    request.set_steps(steps);
    EXPECT_THAT(Rpc("Submit", request), IsGrpc(13, Not(""))) << steps;
  }
}

TEST_F(GrpcDoor, OptionsMayBeAbsent) {
  dtmgimp::DtmRequest request = WaitingSaga(NewGid("no-options"));
  request.clear_transoptions();
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(0, ""));
  EXPECT_TRUE(WaitForStatus(request.gid(), "succeed"));
}

// PHP still sends `repeated string PassthroughHeaders = 4`.
TEST_F(GrpcDoor, RetiredFieldOfTheOptions) {
  const std::string gid = NewGid("retired");
  dtmgimp::DtmRequest request = WaitingSaga(gid);
  std::string options = request.transoptions().SerializeAsString();
  options += std::string("\x22\x05hello\x22\x00", 9);
  request.clear_transoptions();
  std::string bytes = request.SerializeAsString();
  bytes += absl::StrCat("\x1a", std::string(1, static_cast<char>(options.size())), options);
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/Submit", bytes), IsGrpc(0, ""));
  EXPECT_EQ(StatusOf(gid), "succeed");
  EXPECT_EQ(recorder().CallsOf(gid)[0].headers.count("hello"), 0U);
}

TEST_F(GrpcDoor, UnknownFields) {
  dtmgimp::DtmRequest request = WaitingSaga(NewGid("unknown-fields"));
  // Field 99 as a string, field 98 as a number.
  const std::string bytes =
      request.SerializeAsString() + std::string("\x9a\x06\x03new\x90\x06\x07", 9);
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/Submit", bytes), IsGrpc(0, ""));
  EXPECT_EQ(StatusOf(request.gid()), "succeed");
}

TEST_F(GrpcDoor, BytesThatAreNoMessage) {
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/Submit", "\xff\xff\xff"), IsGrpc(13, _));
}

TEST_F(GrpcDoor, MethodsThatDoNotExist) {
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/Query", ""), IsGrpc(12, _));
  EXPECT_THAT(Grpc(server().grpc(), "/dtmgimp.Dtm/ForceStop", ""), IsGrpc(12, _));
  EXPECT_THAT(Grpc(server().grpc(), "/nobody.Nothing/At", ""), IsGrpc(12, _));
}

// One gid, two doors: what one opens the other carries on.
TEST_F(GrpcDoor, MixesWithHttp) {
  const std::string gid = NewGid("mixed");
  ASSERT_THAT(Post("prepare", Bare("tcc", gid)), IsSuccess());
  ASSERT_THAT(Rpc("RegisterBranch", TccBranch(gid, "01")), IsGrpc(0, ""));
  nlohmann::json body = Bare("tcc", gid);
  body["wait_result"] = true;
  const std::string grpc_branch = Query(gid)["branches"][1]["url"];
  EXPECT_EQ(grpc_branch, recorder().GrpcTarget("Confirm"));
  EXPECT_THAT(Rpc("Abort", Request("tcc", gid)), IsGrpc(0, ""));
}

// A gRPC saga may have http:// steps; the bytes are the body then (3.1).
TEST_F(GrpcDoor, HttpStep) {
  dtmgimp::DtmRequest request = WaitingSaga(NewGid("http-step"));
  request.set_steps(nlohmann::json({{{"action", Url("/ok")}}}).dump());
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(0, ""));
  const auto calls = recorder().CallsOf(request.gid());
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].transport, "http");
  EXPECT_EQ(calls[0].body, std::string("\x0a\x00\xff", 3));
}

// What tools use to find out about a server (protocol 1.1).
TEST_F(GrpcDoor, HasReflection) {
  const std::string list_services("\x3a\x00", 2);  // ServerReflectionRequest.list_services = ""
  const GrpcAnswer answer =
      Grpc(server().grpc(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
           list_services);
  EXPECT_EQ(answer.code, 0) << answer.message;
  EXPECT_THAT(answer.body, HasSubstr("dtmgimp.Dtm"));
}

}  // namespace
}  // namespace saga::conformance
