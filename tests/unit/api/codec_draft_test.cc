#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/api/codec.h"

namespace saga::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DtmRequest TwoSteps(const std::string& trans_type) {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = trans_type;
  request.steps = {{"b/act1", "b/undo1", ""}, {"b/act2", "b/undo2", ""}};
  request.payloads = {base::MakeBytes("one"), base::MakeBytes("")};
  return request;
}

core::GlobalTransaction Draft(RequestKind kind, DtmRequest request) {
  auto draft = ToDraft(kind, std::move(request));
  EXPECT_TRUE(draft.ok()) << draft.status();
  return draft.ok() ? *std::move(draft) : core::GlobalTransaction();
}

// "branch_id op target payload" of every row.
std::vector<std::string> Rows(const std::vector<core::Branch>& branches) {
  std::vector<std::string> rows;
  for (const core::Branch& b : branches) {
    rows.push_back(b.branch_id + " " + std::string(core::WordOf(b.op)) + " " + b.target + " " +
                   base::Value(b.payload));
  }
  return rows;
}

TEST(BranchIdTest, ProtocolIsHttpUnlessSaid) {
  EXPECT_EQ(ProtocolFromWord(""), core::Protocol::kHttp);
  EXPECT_EQ(ProtocolFromWord("http"), core::Protocol::kHttp);
  EXPECT_EQ(ProtocolFromWord("grpc"), core::Protocol::kGrpc);
  EXPECT_EQ(ProtocolFromWord("json-rpc"), core::Protocol::kJsonRpc);
  EXPECT_FALSE(ProtocolFromWord("smoke").has_value());
}

TEST(BranchIdTest, TwoDigitsThenAsManyAsNeeded) {
  EXPECT_EQ(BranchIdOf(0), "01");
  EXPECT_EQ(BranchIdOf(8), "09");
  EXPECT_EQ(BranchIdOf(9), "10");
  EXPECT_EQ(BranchIdOf(98), "99");
  EXPECT_EQ(BranchIdOf(99), "100");
}

TEST(DraftTest, SagaHasCompensateThenActionPerStep) {
  const auto draft = Draft(RequestKind::kSubmit, TwoSteps("saga"));
  EXPECT_EQ(draft.gid, "order-1");
  EXPECT_EQ(draft.mode, core::Mode::kSaga);
  EXPECT_EQ(draft.protocol, core::Protocol::kHttp);
  EXPECT_FALSE(draft.concurrent);
  EXPECT_THAT(Rows(draft.branches), ElementsAre("01 compensate b/undo1 one", "01 action b/act1 one",
                                                "02 compensate b/undo2 ", "02 action b/act2 "));
}

TEST(DraftTest, SagaStepSharesItsPayload) {
  const auto draft = Draft(RequestKind::kSubmit, TwoSteps("saga"));
  ASSERT_NE(draft.branches[0].payload, nullptr);
  EXPECT_EQ(draft.branches[0].payload, draft.branches[1].payload);
}

TEST(DraftTest, SagaTakesConcurrencyFromCustomDataOnly) {
  DtmRequest request = TwoSteps("saga");
  request.concurrent = true;
  EXPECT_FALSE(Draft(RequestKind::kSubmit, request).concurrent);
  request.custom_data = R"({"concurrent":true,"orders":{"1":[0]}})";
  const auto draft = Draft(RequestKind::kSubmit, request);
  EXPECT_TRUE(draft.concurrent);
  EXPECT_THAT(draft.predecessors, ElementsAre(IsEmpty(), ElementsAre(0u)));
  EXPECT_EQ(draft.custom_data, request.custom_data);
}

TEST(DraftTest, BadCustomDataIsRefusedAtTheDoor) {
  for (const char* mode : {"saga", "msg"}) {
    DtmRequest request = TwoSteps(mode);
    request.custom_data = "not json";
    EXPECT_TRUE(absl::IsInvalidArgument(ToDraft(RequestKind::kSubmit, request).status())) << mode;
  }
}

TEST(DraftTest, TccHasNoRowsAndKeepsCustomDataUnread) {
  DtmRequest request = TwoSteps("tcc");
  request.custom_data = "anything";
  const auto draft = Draft(RequestKind::kPrepare, request);
  EXPECT_EQ(draft.mode, core::Mode::kTcc);
  EXPECT_THAT(draft.branches, IsEmpty());
  EXPECT_EQ(draft.custom_data, "anything");
}

TEST(DraftTest, SubmittedMessageHasItsActions) {
  DtmRequest request = TwoSteps("msg");
  request.concurrent = true;
  request.custom_data = R"({"delay":7})";
  const auto draft = Draft(RequestKind::kSubmit, request);
  EXPECT_EQ(draft.mode, core::Mode::kMessage);
  EXPECT_TRUE(draft.concurrent);
  EXPECT_EQ(draft.delay_s, 7);
  EXPECT_THAT(Rows(draft.branches), ElementsAre("01 action b/act1 one", "02 action b/act2 "));
}

TEST(DraftTest, PreparedMessageHasTheCheckBackToo) {
  DtmRequest request = TwoSteps("msg");
  request.query_prepared = "b/query";
  request.protocol = "grpc";
  const auto draft = Draft(RequestKind::kPrepare, request);
  EXPECT_EQ(draft.protocol, core::Protocol::kGrpc);
  EXPECT_EQ(draft.query_prepared, "b/query");
  EXPECT_THAT(Rows(draft.branches),
              ElementsAre("01 action b/act1 one", "02 action b/act2 ", "00 msg b/query "));
}

TEST(DraftTest, OptionsAreKept) {
  DtmRequest request = TwoSteps("saga");
  request.options = {.timeout_to_fail_s = 1,
                     .retry_interval_s = 2,
                     .request_timeout_s = 3,
                     .retry_limit = 4,
                     .branch_headers = {{"k", "v"}}};
  request.wait_result = true;
  const core::Options wanted = request.options;
  const auto draft = Draft(RequestKind::kSubmit, request);
  EXPECT_EQ(draft.options, wanted);
  EXPECT_TRUE(draft.wait_result);
}

TEST(LegacyDataTest, GoesBehindThePayloads) {
  DtmRequest request = TwoSteps("saga");
  request.payloads = {base::MakeBytes("given")};
  request.steps[1].data = "legacy";
  TakeLegacyData(request);
  ASSERT_EQ(request.payloads.size(), 2u);
  EXPECT_EQ(base::Value(request.payloads[1]), "legacy");
  EXPECT_EQ(request.steps[1].data, "");
}

TEST(CleanHttpGidTest, TakesOutWhatHttpClientsMayNotSend) {
  EXPECT_EQ(CleanHttpGid("a\nb\rc;d"), "abcd");
  EXPECT_EQ(CleanHttpGid("g-'  '\""), "g-'  '\"");
}

DtmRegistration Registration(const std::string& trans_type) {
  DtmRegistration registration;
  registration.gid = "g";
  registration.trans_type = trans_type;
  registration.branch_id = "01";
  registration.confirm = "b/confirm";
  registration.cancel = "b/cancel";
  registration.url = "b/xa";
  registration.op = "business";
  registration.status = "failed";
  registration.payload = base::MakeBytes("data");
  return registration;
}

TEST(RegistrationTest, CancelThenConfirmWithOnePayload) {
  const core::BranchRegistered event = ToRegistration(Registration("tcc"));
  EXPECT_EQ(event.mode, core::Mode::kTcc);
  EXPECT_THAT(Rows(event.rows),
              ElementsAre("01 cancel b/cancel data", "01 confirm b/confirm data"));
  EXPECT_EQ(event.rows[0].payload, event.rows[1].payload);
}

TEST(RegistrationTest, RollbackThenCommitWithNoPayload) {
  const core::BranchRegistered event = ToRegistration(Registration("xa"));
  EXPECT_EQ(event.mode, core::Mode::kXa);
  EXPECT_THAT(Rows(event.rows), ElementsAre("01 rollback b/xa ", "01 commit b/xa "));
}

TEST(RegistrationTest, AWorkflowsStepHasEnded) {
  const core::BranchRegistered event = ToRegistration(Registration("workflow"));
  EXPECT_EQ(event.mode, core::Mode::kWorkflow);
  EXPECT_THAT(Rows(event.rows), ElementsAre("01 business  data"));
  EXPECT_EQ(event.rows[0].status, core::BranchStatus::kFailed);
}

TEST(WorkflowDraftTest, TheCallbackBringsTheInput) {
  DtmRequest request;
  request.gid = "g";
  request.trans_type = "workflow";
  request.custom_data = R"({"name":"pay","data":"aGk="})";
  request.query_prepared = "http://c/resume";
  const auto draft = Draft(RequestKind::kPrepareWorkflow, request);
  EXPECT_EQ(draft.workflow, "pay");
  EXPECT_THAT(Rows(draft.branches), ElementsAre("00 callback http://c/resume hi"));

  request.protocol = "grpc";
  request.query_prepared = "c:1/workflow.Workflow/Execute";
  // WorkflowData{Data: "hi"}: field 1, two bytes.
  EXPECT_THAT(Rows(Draft(RequestKind::kPrepareWorkflow, request).branches),
              ElementsAre("00 callback c:1/workflow.Workflow/Execute \n\x02hi"));

  request.query_prepared = "";
  EXPECT_THAT(Rows(Draft(RequestKind::kPrepareWorkflow, request).branches), IsEmpty());
}

TEST(WorkflowDraftTest, ANameThatGrpcCannotCarryIsRefused) {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = "workflow";
  request.custom_data = R"({"name":"caf\u00e9"})";
  request.query_prepared = "http://c/resume";
  EXPECT_EQ(Draft(RequestKind::kPrepareWorkflow, request).workflow, "caf\xC3\xA9");
  request.protocol = "grpc";
  EXPECT_EQ(Draft(RequestKind::kPrepareWorkflow, request).workflow, "caf\xC3\xA9");
  request.query_prepared = "c:1/workflow.Workflow/Execute";
  EXPECT_THAT(std::string(ToDraft(RequestKind::kPrepareWorkflow, request).status().message()),
              testing::HasSubstr("rename the workflow"));
}

TEST(WorkflowDraftTest, InputThatIsNoBase64IsRefused) {
  DtmRequest request;
  request.gid = "g";
  request.trans_type = "workflow";
  request.custom_data = R"({"name":"pay","data":"%%"})";
  EXPECT_EQ(ToDraft(RequestKind::kPrepareWorkflow, request).status().message(),
            "custom_data of a workflow: data must be base64");
}

TEST(WorkflowEndTest, IsWhatReqExtraSays) {
  DtmRequest request;
  request.req_extra = {{"status", "failed"}, {"rollback_reason", "no money"}, {"result", "YWJj"}};
  const core::WorkflowEnded event = ToWorkflowEnd(request);
  EXPECT_EQ(event.status, core::Status::kFailed);
  EXPECT_EQ(event.rollback_reason, "no money");
  EXPECT_EQ(event.result, "YWJj");
}

}  // namespace
}  // namespace saga::api
