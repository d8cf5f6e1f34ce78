// DTM's six series (protocol 9.2), as a dashboard made for DTM asks for them.

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/api/metrics.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of a series by its whole name with labels; -1: it is not there.
double Value(const std::string& text, const std::string& series) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(series + " ", 1));
    double value = 0;
    if (parts.first.empty() && !parts.second.empty() && absl::SimpleAtod(parts.second, &value))
      return value;
  }
  return -1;
}

class DtmMetricsTest : public testing::Test {
 protected:
  core::GlobalTransaction Transaction(core::Mode mode, core::Status status) {
    core::GlobalTransaction transaction;
    transaction.gid = "gid-in-no-label";
    transaction.mode = mode;
    transaction.status = status;
    transaction.create_time = base::Time{1'000'000};
    transaction.update_time = base::Time{3'000'000};
    transaction.finish_time = base::Time{5'000'000};
    return transaction;
  }

  void Answer(core::Mode mode, core::Op op, const std::string& branch_id, core::Outcome outcome) {
    const core::Branch branch{.branch_id = branch_id, .op = op, .target = "http://h/p"};
    metrics_.OnBranchAnswered(Transaction(mode, core::Status::kSubmitted), branch, outcome, "",
                              base::Millis(1));
  }

  Metrics metrics_{{.version = "1.2.3", .grpc_version = "9.8"}};
};

TEST_F(DtmMetricsTest, SaysHonestlyWhatServes) {
  EXPECT_EQ(Value(metrics_.Render(), R"(dtm_server_info{gin_version="none",grpc_version="9.8"})"),
            1);
}

TEST_F(DtmMetricsTest, CountsAndTimesRequestsByApi) {
  metrics_.OnHttpAnswer("/api/dtmsvr/registerBranch", 200, base::Millis(3));
  metrics_.OnHttpAnswer("/api/dtmsvr/registerBranch", 409, base::Millis(30));
  metrics_.OnHttpAnswer("/api/dtmsvr/registerBranch", 399, base::Millis(1));
  metrics_.OnRpcAnswer("RegisterBranch", true, base::Millis(7));
  metrics_.OnRpcAnswer("RegisterBranch", false, base::Seconds(20));
  const std::string text = metrics_.Render();
  const auto total = [&](const std::string& type, const std::string& status) {
    return Value(text, absl::StrCat(R"(dtm_server_process_total{api="registerbranch",status=")",
                                    status, R"(",type=")", type, R"("})"));
  };
  EXPECT_EQ(total("http", "ok"), 2);
  EXPECT_EQ(total("http", "fail"), 1) << "a status of 400 or more";
  EXPECT_EQ(total("grpc", "ok"), 1);
  EXPECT_EQ(total("grpc", "fail"), 1);
  const std::string labels = R"(api="registerbranch",type=)";
  const auto seconds = [&](const std::string& part, const std::string& rest) {
    return Value(text, absl::StrCat("dtm_server_response_duration_", part, "{", labels, rest, "}"));
  };
  EXPECT_EQ(seconds("count", R"("http")"), 3);
  EXPECT_NEAR(seconds("sum", R"("http")"), 0.034, 1e-9);
  EXPECT_EQ(seconds("bucket", R"("http",le="0.005")"), 2);
  EXPECT_EQ(seconds("bucket", R"("http",le="0.05")"), 3);
  EXPECT_EQ(seconds("bucket", R"("grpc",le="10")"), 1);
  EXPECT_EQ(seconds("bucket", R"("grpc",le="+Inf")"), 2);
}

TEST_F(DtmMetricsTest, AParameterIsNoApi) {
  metrics_.OnHttpAnswer("/api/dtmsvr/topic/:name", 200, base::Millis(3));
  EXPECT_EQ(Value(metrics_.Render(),
                  R"(dtm_server_process_total{api="topic",status="ok",type="http"})"),
            1);
}

TEST_F(DtmMetricsTest, EveryRpcHasItsSeriesFromTheStart) {
  const std::string text = metrics_.Render();
  for (const char* rpc : {"newgid", "submit", "prepare", "abort", "registerbranch",
                          "prepareworkflow", "subscribe", "unsubscribe", "deletetopic", "other"}) {
    for (const char* status : {"ok", "fail"}) {
      EXPECT_EQ(Value(text, absl::StrCat("dtm_server_process_total{api=\"", rpc, "\",status=\"",
                                         status, "\",type=\"grpc\"}")),
                0)
          << rpc;
    }
  }
  metrics_.OnRpcAnswer("SomethingNew", true, base::Millis(1));
  EXPECT_EQ(
      Value(metrics_.Render(), R"(dtm_server_process_total{api="other",status="ok",type="grpc"})"),
      1);
}

TEST_F(DtmMetricsTest, PingsAndProbesAreNoRequests) {
  for (const char* route : {"/api/ping", "/healthz", "/ready"}) {
    metrics_.OnHttpAnswer(route, 200, base::Millis(1));
  }
  EXPECT_THAT(metrics_.Render(), Not(HasSubstr(R"(status="ok",type="http"})")));
  metrics_.OnHttpAnswer("other", 404, base::Millis(1));
  metrics_.OnHttpAnswer("/api/metrics", 200, base::Millis(1));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(dtm_server_process_total{api="other",status="fail",type="http"})"), 1);
  EXPECT_EQ(Value(text, R"(dtm_server_process_total{api="metrics",status="ok",type="http"})"), 1);
}

TEST_F(DtmMetricsTest, APassIsOkWhenItLeavesNothingToRepeat) {
  core::GlobalTransaction saga = Transaction(core::Mode::kSaga, core::Status::kSubmitted);
  saga.branches.push_back({.branch_id = "01", .op = core::Op::kCompensate});
  saga.branches.push_back({.branch_id = "01", .op = core::Op::kAction});
  saga.branches[1].answered = true;
  saga.branches[1].last_outcome = core::Outcome::kUnknown;
  metrics_.OnRested(saga);
  saga.branches[1].last_outcome = core::Outcome::kOngoing;
  metrics_.OnRested(saga);
  metrics_.OnEnded(Transaction(core::Mode::kSaga, core::Status::kSucceed));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="saga",status="fail"})"), 2);
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="saga",status="ok"})"), 1);
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="workflow",status="ok"})"), 0);
  EXPECT_EQ(Value(text, R"(dtm_transaction_handled_duration_count{model="saga"})"), 3);
  EXPECT_NEAR(Value(text, R"(dtm_transaction_handled_duration_sum{model="saga"})"), 2 + 2 + 4,
              1e-9);
}

TEST_F(DtmMetricsTest, AnAnsweredCallbackIsAPassThatWentWell) {
  core::GlobalTransaction workflow = Transaction(core::Mode::kWorkflow, core::Status::kPrepared);
  workflow.branches.push_back({.branch_id = "00", .op = core::Op::kCallback});
  workflow.branches[0].answered = true;
  workflow.branches[0].last_outcome = core::Outcome::kSuccess;
  metrics_.OnRested(workflow);
  EXPECT_EQ(
      Value(metrics_.Render(), R"(dtm_transaction_process_total{model="workflow",status="ok"})"),
      1);
}

TEST_F(DtmMetricsTest, UndoingIsAFailureOnlyOfASaga) {
  for (const core::Mode mode : {core::Mode::kSaga, core::Mode::kTcc, core::Mode::kMessage}) {
    metrics_.OnEnded(Transaction(mode, core::Status::kFailed));
  }
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="saga",status="fail"})"), 1);
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="tcc",status="ok"})"), 1);
  EXPECT_EQ(Value(text, R"(dtm_transaction_process_total{model="msg",status="ok"})"), 1);
}

TEST_F(DtmMetricsTest, CountsBranchCalls) {
  using core::Outcome;
  Answer(core::Mode::kSaga, core::Op::kAction, "01", Outcome::kSuccess);
  Answer(core::Mode::kSaga, core::Op::kAction, "01", Outcome::kSuccess);
  Answer(core::Mode::kSaga, core::Op::kAction, "02", Outcome::kFailure);
  Answer(core::Mode::kTcc, core::Op::kConfirm, "02", Outcome::kOngoing);
  Answer(core::Mode::kTcc, core::Op::kConfirm, "02", Outcome::kUnknown);
  Answer(core::Mode::kMessage, core::Op::kQuery, "00", Outcome::kSuccess);
  const std::string text = metrics_.Render();
  const auto total = [&](const char* id, const char* op, const char* model, const char* status) {
    return Value(text, absl::StrCat("dtm_branch_process_total{branchid=\"", id, "\",branchtype=\"",
                                    op, "\",model=\"", model, "\",status=\"", status, "\"}"));
  };
  EXPECT_EQ(total("01", "action", "saga", "ok"), 2);
  EXPECT_EQ(total("01", "action", "saga", "fail"), 0);
  EXPECT_EQ(total("02", "action", "saga", "fail"), 1);
  EXPECT_EQ(total("02", "confirm", "tcc", "fail"), 2);
  EXPECT_EQ(total("00", "msg", "msg", "ok"), -1) << "what is asked back is no branch to DTM";
  EXPECT_THAT(text, Not(HasSubstr("gid-in-no-label")));
}

TEST_F(DtmMetricsTest, BranchIdsAreBounded) {
  const int ids = 10'000;
  for (int i = 0; i < ids; ++i) {
    Answer(core::Mode::kTcc, core::Op::kCancel, absl::StrCat("branch-", i),
           core::Outcome::kSuccess);
  }
  const std::string text = metrics_.Render();
  const std::string rest = R"(",branchtype="cancel",model="tcc",status="ok"})";
  EXPECT_EQ(Value(text, R"(dtm_branch_process_total{branchid="branch-0)" + rest), 1);
  EXPECT_EQ(Value(text, R"(dtm_branch_process_total{branchid="other)" + rest),
            ids - static_cast<double>(core::kMetricLabels));
  EXPECT_LT(text.size(), 100'000u);
}

}  // namespace
}  // namespace saga::api
