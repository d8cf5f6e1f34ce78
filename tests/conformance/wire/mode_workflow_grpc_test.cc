// Workflows over gRPC (protocol 1.7, 5.7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class WorkflowGrpc : public ModeTest {
 protected:
  dtmgimp::DtmRequest Request(const std::string& data = "hi") const {
    dtmgimp::DtmRequest request = GrpcBody("workflow");
    request.set_customeddata(Json{{"name", "wf1"}, {"data", absl::Base64Escape(data)}}.dump());
    request.set_queryprepared(recorder().grpc_address() + "/workflow.Workflow/Execute");
    request.set_steps("null");
    return request;
  }

  dtmgimp::DtmProgressesReply Prepare() {
    const GrpcAnswer answer = Rpc("PrepareWorkflow", Request());
    EXPECT_EQ(answer.code, 0) << answer.message;
    dtmgimp::DtmProgressesReply reply;
    EXPECT_TRUE(reply.ParseFromString(answer.body));
    return reply;
  }

  GrpcAnswer Note(const std::string& branch_id, const std::string& op, const std::string& status,
                  const std::string& data) {
    dtmgimp::DtmBranchRequest branch;
    branch.set_gid(gid());
    branch.set_transtype("workflow");
    branch.set_branchid(branch_id);
    branch.set_busipayload(data);
    (*branch.mutable_data())["op"] = op;
    (*branch.mutable_data())["status"] = status;
    return Rpc("RegisterBranch", branch);
  }

  GrpcAnswer Submit(const std::string& status, const std::string& reason,
                    const std::string& result) {
    dtmgimp::DtmRequest request = Request();
    (*request.mutable_reqextra())["status"] = status;
    (*request.mutable_reqextra())["rollback_reason"] = reason;
    (*request.mutable_reqextra())["result"] = result;
    return Rpc("Submit", request);
  }

  static std::vector<std::string> Told(const dtmgimp::DtmProgressesReply& reply) {
    std::vector<std::string> told;
    for (const dtmgimp::DtmProgress& progress : reply.progresses()) {
      told.push_back(absl::StrCat(progress.branchid(), " ", progress.op(), " ", progress.status(),
                                  ": ", progress.bindata()));
    }
    return told;
  }
};

TEST_F(WorkflowGrpc, ItIsPreparedNotedAndEnded) {
  const dtmgimp::DtmProgressesReply first = Prepare();
  EXPECT_EQ(first.transaction().gid(), gid());
  EXPECT_EQ(first.transaction().status(), "prepared");
  EXPECT_EQ(first.progresses_size(), 0);
  const std::string bytes("\x00\xff\x0a", 3);
  ASSERT_EQ(Note("01", "action", "succeed", bytes).code, 0);
  ASSERT_EQ(Note("02", "business", "failed", "no").code, 0);
  EXPECT_THAT(Told(Prepare()),
              ElementsAre("01 action succeed: " + bytes, "02 business failed: no"));
  ASSERT_EQ(Submit("succeed", "", "").code, 0);
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "SF");
  EXPECT_EQ(Prepare().transaction().status(), "succeed");
}

TEST_F(WorkflowGrpc, AFailureIsKeptWithItsReason) {
  Prepare();
  ASSERT_EQ(Submit("failed", "no money FAILURE", "").code, 0);
  const dtmgimp::DtmProgressesReply reply = Prepare();
  EXPECT_EQ(reply.transaction().status(), "failed");
  EXPECT_EQ(reply.transaction().rollbackreason(), "no money FAILURE");
  EXPECT_EQ(Reason(), "no money FAILURE");
}

TEST_F(WorkflowGrpc, LeftAloneItIsCalledBackWithItsData) {
  Prepare();
  ASSERT_TRUE(Called(1));
  const Call call = Calls().at(0);
  EXPECT_EQ(call.transport, "grpc");
  EXPECT_EQ(call.path, "/workflow.Workflow/Execute");
  EXPECT_EQ(call.op, "wf1");
  EXPECT_EQ(call.branch_id, "00");
  EXPECT_EQ(call.trans_type, "workflow");
  EXPECT_EQ(call.headers.at("dtm-dtm"), "");
  EXPECT_EQ(call.body, "\x0a\x02hi") << "WorkflowData with its only field";
  EXPECT_EQ(Status(), "prepared");
}

TEST_F(WorkflowGrpc, TheSameStepTwiceIsAnError) {
  Prepare();
  ASSERT_EQ(Note("01", "action", "succeed", "x").code, 0);
  const GrpcAnswer answer = Note("01", "action", "succeed", "y");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.message, testing::HasSubstr("UniqueKeyConflict"));
}

TEST_F(WorkflowGrpc, ASecondEndIsAnError) {
  Prepare();
  ASSERT_EQ(Submit("succeed", "", "").code, 0);
  const GrpcAnswer other = Submit("failed", "x", "");
  EXPECT_EQ(other.code, 13);
  EXPECT_THAT(other.message, testing::StartsWith("storage: NotFound"));
  EXPECT_EQ(Submit("succeed", "", "").code, Differs("workflow-end-again", server()) ? 13 : 0);
}

// A workflow of HTTP and gRPC steps: the server sees only what is noted, by whichever door.
TEST_F(WorkflowGrpc, BothDoorsKeepTheSameProgress) {
  Prepare();
  ASSERT_TRUE(IsSuccess(Post("registerBranch", Json{{"gid", gid()},
                                                    {"trans_type", "workflow"},
                                                    {"branch_id", "01"},
                                                    {"op", "action"},
                                                    {"status", "succeed"},
                                                    {"data", "over HTTP"}})));
  ASSERT_EQ(Note("02", "action", "succeed", "over gRPC").code, 0);
  EXPECT_THAT(Told(Prepare()),
              ElementsAre("01 action succeed: over HTTP", "02 action succeed: over gRPC"));
}

TEST_F(WorkflowGrpc, AnHttpWorkflowIsCalledBackOverHttp) {
  dtmgimp::DtmRequest request = Request();
  request.set_queryprepared(Url("resume"));
  ASSERT_EQ(Rpc("PrepareWorkflow", request).code, 0);
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Calls().at(0).transport, "http");
}

}  // namespace
}  // namespace saga::conformance
