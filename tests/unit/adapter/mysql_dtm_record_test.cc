// What a server has to assume of a transaction of which only DTM's tables tell (protocol 5
// and 7.1).

#include "orchestrator/adapter/mysql/dtm_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace saga::adapter::mysql {
namespace {

using core::BranchStatus;
using core::Mode;
using core::Op;
using core::Status;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::Branch Row(const char* id, Op op, BranchStatus status) {
  core::Branch branch;
  branch.branch_id = id;
  branch.op = op;
  branch.target = "http://shop/do";
  branch.status = status;
  return branch;
}

core::GlobalTransaction Of(Mode mode, Status status) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = mode;
  transaction.status = status;
  transaction.create_time = base::Time{1'700'000'000'000'000};
  return transaction;
}

TEST(DtmRecord, OptionsComeFromTheirText) {
  core::GlobalTransaction transaction = Of(Mode::kSaga, Status::kSubmitted);
  const absl::Status taken = TakeDtmTexts(
      R"({"wait_result":true,"timeout_to_fail":30,"request_timeout":5,"retry_interval":7,)"
      R"("branch_headers":{"tenant":"blue"},"concurrent":false,"retry_limit":3,"retry_count":2})",
      &transaction);
  ASSERT_TRUE(taken.ok()) << taken;
  EXPECT_TRUE(transaction.wait_result);
  EXPECT_EQ(transaction.options.timeout_to_fail_s, 30);
  EXPECT_EQ(transaction.options.request_timeout_s, 5);
  EXPECT_EQ(transaction.options.retry_interval_s, 7);
  EXPECT_EQ(transaction.options.retry_limit, 3);
  EXPECT_EQ(transaction.limited_retries, 2u);
  EXPECT_EQ(transaction.options.branch_headers.at("tenant"), "blue");
}

TEST(DtmRecord, ASagasOrderAndAMessagesDelayComeFromCustomData) {
  core::GlobalTransaction saga = Of(Mode::kSaga, Status::kSubmitted);
  saga.custom_data = R"({"concurrent":true,"orders":{"2":[0,1]}})";
  ASSERT_TRUE(TakeDtmTexts(R"({"concurrent":false})", &saga).ok());
  EXPECT_TRUE(saga.concurrent);
  EXPECT_THAT(saga.predecessors, ElementsAre(IsEmpty(), IsEmpty(), ElementsAre(0, 1)));
  EXPECT_EQ(DtmCustomData(saga), saga.custom_data);

  core::GlobalTransaction message = Of(Mode::kMessage, Status::kSubmitted);
  message.custom_data = R"({"delay":20})";
  ASSERT_TRUE(TakeDtmTexts(R"({"concurrent":true})", &message).ok());
  message.branches = {Row("01", Op::kAction, BranchStatus::kPrepared)};
  AssumeProgress(&message);
  EXPECT_TRUE(message.concurrent);
  EXPECT_EQ(message.branches[0].next_attempt, message.create_time + base::Seconds(20));
}

TEST(DtmRecord, TextsThatAreNoneAreSaidToBe) {
  core::GlobalTransaction saga = Of(Mode::kSaga, Status::kSubmitted);
  EXPECT_TRUE(absl::IsDataLoss(TakeDtmTexts("{", &saga)));
  saga.custom_data = "not json";
  EXPECT_TRUE(absl::IsDataLoss(TakeDtmTexts("", &saga)));
  core::GlobalTransaction tcc = Of(Mode::kTcc, Status::kPrepared);
  tcc.custom_data = "anything";
  EXPECT_TRUE(TakeDtmTexts("", &tcc).ok());
}

// DTM writes a success later than it tells: whatever a row says, its action may have run.
TEST(DtmRecord, OfAnAbortingSagaEveryActionMayHaveRun) {
  core::GlobalTransaction saga = Of(Mode::kSaga, Status::kAborting);
  saga.branches = {Row("01", Op::kCompensate, BranchStatus::kPrepared),
                   Row("01", Op::kAction, BranchStatus::kSucceed),
                   Row("02", Op::kCompensate, BranchStatus::kPrepared),
                   Row("02", Op::kAction, BranchStatus::kPrepared)};
  AssumeProgress(&saga);
  EXPECT_FALSE(saga.branches[0].called);
  EXPECT_TRUE(saga.branches[1].called);
  EXPECT_EQ(saga.branches[1].last_outcome, core::Outcome::kSuccess);
  EXPECT_FALSE(saga.branches[2].called);
  EXPECT_TRUE(saga.branches[3].called);
  EXPECT_FALSE(saga.branches[3].answered);
}

TEST(DtmRecord, APreparedMessageGetsItsCheckBack) {
  core::GlobalTransaction message = Of(Mode::kMessage, Status::kPrepared);
  message.query_prepared = "http://shop/query";
  message.options.timeout_to_fail_s = 60;
  message.branches = {Row("01", Op::kAction, BranchStatus::kPrepared)};
  AssumeProgress(&message);
  ASSERT_EQ(message.branches.size(), 2u);
  const core::Branch& ask = message.branches[1];
  EXPECT_EQ(ask.branch_id, "00");
  EXPECT_EQ(ask.op, Op::kQuery);
  EXPECT_EQ(ask.target, message.query_prepared);
  EXPECT_EQ(ask.next_attempt, message.create_time + base::Seconds(60));

  message.status = Status::kSubmitted;
  message.branches.pop_back();
  AssumeProgress(&message);
  EXPECT_EQ(message.branches.size(), 1u);
}

TEST(DtmRecord, AWorkflowsInputGoesBackToItsClient) {
  core::GlobalTransaction workflow = Of(Mode::kWorkflow, Status::kPrepared);
  workflow.query_prepared = "http://shop/resume";
  workflow.custom_data = R"({"name":"purchase","data":"aGk="})";
  ASSERT_TRUE(TakeDtmTexts("", &workflow).ok());
  AssumeProgress(&workflow);
  EXPECT_EQ(workflow.workflow, "purchase");
  ASSERT_EQ(workflow.branches.size(), 1u);
  EXPECT_EQ(base::Value(workflow.branches[0].payload), "hi");

  // Over gRPC in a message: tag, length, bytes.
  workflow.branches.clear();
  workflow.protocol = core::Protocol::kGrpc;
  workflow.query_prepared = "shop:80/workflow.Workflow/Execute";
  AssumeProgress(&workflow);
  EXPECT_EQ(base::Value(workflow.branches[0].payload), "\x0a\x02hi");
}

TEST(DtmRecord, DtmIsToldWhatItsClientsDidNotSay) {
  core::GlobalTransaction saga = Of(Mode::kSaga, Status::kSubmitted);
  EXPECT_EQ(DtmCustomData(saga), "");
  EXPECT_EQ(DtmOptions(saga), R"({"concurrent":false})");
  saga.concurrent = true;
  saga.predecessors = {{}, {0}};
  EXPECT_EQ(DtmCustomData(saga), R"({"concurrent":true,"orders":{"1":[0]}})");
  saga.options.retry_limit = 4;
  core::GlobalTransaction again = Of(Mode::kSaga, Status::kSubmitted);
  ASSERT_TRUE(TakeDtmTexts(DtmOptions(saga), &again).ok());
  EXPECT_EQ(again.options, saga.options);
}

}  // namespace
}  // namespace saga::adapter::mysql
