// What every call answers in every status of every mode (protocol 5.8), with the texts of 1.4.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using Case = std::pair<std::string, std::string>;  // mode, status

bool IsFinal(const std::string& status) { return status == "succeed" || status == "failed"; }

std::vector<Case> CasesOf(const std::vector<std::string>& modes) {
  std::vector<Case> cases;
  for (const std::string& mode : modes) {
    for (const char* status : {"prepared", "submitted", "aborting", "succeed", "failed"}) {
      if (IsReachable(mode, status)) cases.emplace_back(mode, status);
    }
  }
  return cases;
}

std::string Name(const testing::TestParamInfo<Case>& info) {
  return absl::StrCat(info.param.first, "_", info.param.second);
}

class Preconditions : public DoorTest, public testing::WithParamInterface<Case> {
 protected:
  const std::string mode_ = GetParam().first;
  const std::string status_ = GetParam().second;
  const std::string gid_ = Open(mode_, status_);
};
using BranchPreconditions = Preconditions;
using WorkflowPreconditions = Preconditions;

INSTANTIATE_TEST_SUITE_P(Every, Preconditions,
                         testing::ValuesIn(CasesOf({"saga", "tcc", "msg", "xa", "workflow"})),
                         Name);
INSTANTIATE_TEST_SUITE_P(Branched, BranchPreconditions,
                         testing::ValuesIn(CasesOf({"tcc", "xa", "workflow"})), Name);
INSTANTIATE_TEST_SUITE_P(Only, WorkflowPreconditions, testing::ValuesIn(CasesOf({"workflow"})),
                         Name);

TEST_P(Preconditions, Prepare) {
  const HttpAnswer answer = Post("prepare", Bare(mode_, gid_));
  if (status_ == "prepared") {
    EXPECT_THAT(answer, IsSuccess());
  } else {
    EXPECT_THAT(answer,
                IsFailure(absl::StrCat("current status '", status_, "', cannot prepare. FAILURE")));
  }
  EXPECT_EQ(StatusOf(gid_), status_);
}

TEST_P(Preconditions, Submit) {
  nlohmann::json body = Bare(mode_, gid_);
  if (mode_ == "workflow") body["req_extra"] = {{"status", "succeed"}};
  const HttpAnswer answer = Post("submit", body);
  if (status_ == "prepared" || status_ == "submitted") {
    EXPECT_THAT(answer, IsSuccess());
  } else if (mode_ == "workflow") {
    EXPECT_THAT(answer, IsError(testing::StartsWith("storage: NotFound")));
  } else {
    EXPECT_THAT(answer,
                IsFailure(absl::StrCat("current status '", status_, "', cannot sumbmit. FAILURE")));
    EXPECT_EQ(StatusOf(gid_), status_);
  }
}

TEST_P(Preconditions, Abort) {
  const HttpAnswer answer = Post("abort", Bare(mode_, gid_));
  const bool undoable = mode_ == "tcc" || mode_ == "xa" || mode_ == "msg";
  if (undoable && (status_ == "prepared" || status_ == "aborting")) {
    EXPECT_THAT(answer, IsSuccess());
    EXPECT_TRUE(WaitForStatus(gid_, status_ == "prepared" ? "failed" : status_));
    return;
  }
  EXPECT_THAT(answer, IsFailure(absl::StrCat("trans type: '", mode_, "' current status '", status_,
                                             "', cannot abort. FAILURE")));
  EXPECT_EQ(StatusOf(gid_), status_);
}

TEST_P(Preconditions, ForceStop) {
  const HttpAnswer answer = Post("forceStop", nlohmann::json({{"gid", gid_}}));
  if (IsFinal(status_)) {
    EXPECT_THAT(answer, IsFailure(absl::StrCat("global transaction force stop error. status: ",
                                               status_, ". error: FAILURE")));
    EXPECT_EQ(StatusOf(gid_), status_);
  } else {
    EXPECT_THAT(answer, IsSuccess());
    EXPECT_EQ(StatusOf(gid_), "failed");
  }
}

TEST_P(BranchPreconditions, RegisterBranch) {
  const HttpAnswer answer = Post("registerBranch", Branch(mode_, gid_, "77", "/ok"));
  if (status_ == "prepared") {
    EXPECT_THAT(answer, IsSuccess());
  } else {
    EXPECT_THAT(answer, IsFailure(absl::StrCat("no trans with gid: ", gid_,
                                               " status: prepared found FAILURE")));
  }
}

TEST_P(Preconditions, ResetNextCronTime) {
  EXPECT_THAT(Post("resetNextCronTime", nlohmann::json({{"gid", gid_}})), IsSuccess());
}

TEST_P(WorkflowPreconditions, PrepareWorkflowNeverRefuses) {
  const HttpAnswer answer = Post("prepareWorkflow", Bare(mode_, gid_));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["transaction"]["status"], status_);
}

// The same over gRPC: the text is the same, the code says which kind (protocol 1.6).
TEST_P(Preconditions, OverGrpc) {
  const auto refuses = [&](const std::string& rpc, const std::string& text) {
    EXPECT_THAT(Rpc(rpc, Request(mode_, gid_)), IsGrpc(10, text));
  };
  if (status_ != "prepared") {
    refuses("Prepare", absl::StrCat("current status '", status_, "', cannot prepare. FAILURE"));
  }
  if (mode_ != "workflow" && (status_ == "aborting" || IsFinal(status_))) {
    refuses("Submit", absl::StrCat("current status '", status_, "', cannot sumbmit. FAILURE"));
  }
  if (status_ == "submitted" || IsFinal(status_)) {
    refuses("Abort", absl::StrCat("trans type: '", mode_, "' current status '", status_,
                                  "', cannot abort. FAILURE"));
    dtmgimp::DtmBranchRequest branch;
    branch.set_gid(gid_);
    branch.set_transtype("tcc");
    branch.set_branchid("77");
    EXPECT_THAT(
        Rpc("RegisterBranch", branch),
        IsGrpc(10, absl::StrCat("no trans with gid: ", gid_, " status: prepared found FAILURE")));
  }
  if (status_ == "prepared") {
    EXPECT_THAT(Rpc("Prepare", Request(mode_, gid_)), IsGrpc(0, ""));
  }
}

// Whose type counts, that of the request or that of the transaction (protocol 11.1 #6).
using AbortOfOtherType = DoorTest;

TEST_F(AbortOfOtherType, SagaAsTcc) {
  const std::string gid = Open("saga", "prepared");
  const HttpAnswer answer = Post("abort", Bare("tcc", gid));
  if (Differs("abort-stored-type", server())) {
    EXPECT_THAT(answer, IsSuccess());
  } else {
    EXPECT_THAT(answer, IsFailure("trans type: 'saga' current status 'prepared', cannot abort. "
                                  "FAILURE"));
    EXPECT_EQ(StatusOf(gid), "prepared");
  }
}

TEST_F(AbortOfOtherType, TccWithoutType) {
  const std::string gid = Open("tcc", "prepared");
  const HttpAnswer answer = Post("abort", nlohmann::json({{"gid", gid}}));
  if (Differs("abort-stored-type", server())) {
    EXPECT_THAT(answer, IsFailure("trans type: 'tcc' current status 'prepared', cannot abort. "
                                  "FAILURE"));
  } else {
    EXPECT_THAT(answer, IsSuccess());
    EXPECT_TRUE(WaitForStatus(gid, "failed"));
  }
}

// A message is aborted by whatever type (protocol 5.5).
TEST_F(AbortOfOtherType, MessageAsSaga) {
  const std::string gid = Open("msg", "prepared");
  EXPECT_THAT(Post("abort", Bare("saga", gid)), IsSuccess());
  EXPECT_EQ(StatusOf(gid), "failed");
}

// No transaction of that gid at all.
using UnknownGid = DoorTest;

TEST_F(UnknownGid, IsAnError) {
  const std::string text = "no TransGlobal with gid: nobody found";
  for (const char* route : {"abort", "forceStop", "resetNextCronTime"}) {
    for (const char* mode : {"tcc", "xa", "msg", "saga"}) {
      EXPECT_THAT(Post(route, Bare(mode, "nobody")), IsError(text)) << route << " " << mode;
    }
  }
  EXPECT_THAT(Rpc("Abort", Request("tcc", "nobody")), IsGrpc(13, text));
}

TEST_F(UnknownGid, HasNoBranches) {
  const std::string text = "no trans with gid: nobody status: prepared found FAILURE";
  for (const char* mode : {"tcc", "xa", "workflow"}) {
    EXPECT_THAT(Post("registerBranch", Branch(mode, "nobody", "01", "/ok")), IsFailure(text));
    dtmgimp::DtmBranchRequest request;
    request.set_gid("nobody");
    request.set_transtype(mode);
    request.set_branchid("01");
    (*request.mutable_data())["op"] = "action";
    (*request.mutable_data())["status"] = "succeed";
    EXPECT_THAT(Rpc("RegisterBranch", request), IsGrpc(10, text)) << mode;
  }
}

TEST_F(UnknownGid, WorkflowCannotEnd) {
  nlohmann::json body = Bare("workflow", NewGid("unknown-workflow"));
  body["req_extra"] = {{"status", "succeed"}};
  EXPECT_THAT(Post("submit", body), IsError("storage: NotFound"));
  dtmgimp::DtmRequest request = Request("workflow", NewGid("unknown-workflow"));
  (*request.mutable_reqextra())["status"] = "succeed";
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(13, "storage: NotFound"));
}

}  // namespace
}  // namespace saga::conformance
