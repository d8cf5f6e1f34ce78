// What registerBranch stores, for each mode (protocol 2.3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;

struct Row {
  std::string branch_id, op, url, status, data;
  bool operator==(const Row&) const = default;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.branch_id << " " << row.op << " " << row.url << " " << row.status << " " << row.data;
}

class Registration : public DoorTest {
 protected:
  static std::vector<Row> RowsOf(const std::string& gid) {
    std::vector<Row> rows;
    const nlohmann::json state = Query(gid);
    for (const nlohmann::json& branch : state["branches"]) {
      EXPECT_EQ(branch.value("gid", ""), gid);
      rows.push_back({branch.value("branch_id", ""), branch.value("op", ""),
                      branch.value("url", ""), branch.value("status", ""),
                      branch.value("bin_data", "")});
    }
    return rows;
  }

  static std::string Prepared(const std::string& mode) {
    const std::string gid = NewGid("rows-" + mode);
    EXPECT_EQ(Post(mode == "workflow" ? "prepareWorkflow" : "prepare", Bare(mode, gid)).status,
              200);
    return gid;
  }
};

TEST_F(Registration, TccHasACancelAndAConfirm) {
  const std::string gid = Prepared("tcc");
  nlohmann::json body = {
      {"gid", gid},           {"trans_type", "tcc"},           {"branch_id", "01"},
      {"data", R"({"a":1})"}, {"confirm", "http://h/confirm"}, {"cancel", "http://h/cancel"}};
  EXPECT_THAT(Post("registerBranch", body), IsSuccess());
  // A nested branch, as the protocol numbers them, and one without second phase.
  EXPECT_THAT(Post("registerBranch", nlohmann::json({{"gid", gid},
                                                     {"trans_type", "tcc"},
                                                     {"branch_id", "0101"},
                                                     {"confirm", ""},
                                                     {"cancel", nullptr}})),
              IsSuccess());
  EXPECT_EQ(RowsOf(gid), (std::vector<Row>{
                             {"01", "cancel", "http://h/cancel", "prepared", "eyJhIjoxfQ=="},
                             {"01", "confirm", "http://h/confirm", "prepared", "eyJhIjoxfQ=="},
                             {"0101", "cancel", "", "prepared", ""},
                             {"0101", "confirm", "", "prepared", ""},
                         }));
}

TEST_F(Registration, XaHasARollbackAndACommitAtOneUrl) {
  const std::string gid = Prepared("xa");
  EXPECT_THAT(
      Post("registerBranch",
           nlohmann::json(
               {{"gid", gid}, {"trans_type", "xa"}, {"branch_id", "01"}, {"url", "http://h/xa"}})),
      IsSuccess());
  EXPECT_EQ(RowsOf(gid), (std::vector<Row>{{"01", "rollback", "http://h/xa", "prepared", ""},
                                           {"01", "commit", "http://h/xa", "prepared", ""}}));
}

TEST_F(Registration, WorkflowNotesResults) {
  const std::string gid = Prepared("workflow");
  const auto note = [&](const std::string& branch_id, const std::string& op,
                        const std::string& status, const std::string& data) {
    EXPECT_THAT(Post("registerBranch", nlohmann::json({{"gid", gid},
                                                       {"trans_type", "workflow"},
                                                       {"branch_id", branch_id},
                                                       {"op", op},
                                                       {"status", status},
                                                       {"data", data}})),
                IsSuccess());
  };
  note("01", "action", "succeed", R"({"r":1})");
  note("02", "business", "succeed", "");
  note("03", "action", "failed", "no seats");
  note("01", "rollback", "succeed", "");
  note("02", "commit", "succeed", "");
  EXPECT_EQ(RowsOf(gid), (std::vector<Row>{{"01", "action", "", "succeed", "eyJyIjoxfQ=="},
                                           {"02", "business", "", "succeed", ""},
                                           {"03", "action", "", "failed", "bm8gc2VhdHM="},
                                           {"01", "rollback", "", "succeed", ""},
                                           {"02", "commit", "", "succeed", ""}}));
}

TEST_F(Registration, OverGrpc) {
  const auto add = [&](const std::string& mode, const std::string& gid) {
    dtmgimp::DtmBranchRequest request;
    request.set_gid(gid);
    request.set_transtype(mode);
    request.set_branchid("01");
    request.set_busipayload(std::string("\x00\xff", 2));
    auto& data = *request.mutable_data();
    data["confirm"] = "h:1/s/Confirm";
    data["cancel"] = "h:1/s/Cancel";
    data["url"] = "h:1/s/Xa";
    data["op"] = "action";
    data["status"] = "failed";
    return Rpc("RegisterBranch", request);
  };
  const std::string tcc = Prepared("tcc");
  EXPECT_THAT(add("tcc", tcc), IsGrpc(0, ""));
  EXPECT_EQ(RowsOf(tcc),
            (std::vector<Row>{{"01", "cancel", "h:1/s/Cancel", "prepared", "AP8="},
                              {"01", "confirm", "h:1/s/Confirm", "prepared", "AP8="}}));
  const std::string xa = Prepared("xa");
  EXPECT_THAT(add("xa", xa), IsGrpc(0, ""));
  EXPECT_EQ(RowsOf(xa).size(), 2U);
  EXPECT_EQ(RowsOf(xa)[0].op, "rollback");
  EXPECT_EQ(RowsOf(xa)[1].op, "commit");
  EXPECT_EQ(RowsOf(xa)[0].url, "h:1/s/Xa");
  EXPECT_EQ(RowsOf(xa)[1].url, "h:1/s/Xa");
  const std::string workflow = Prepared("workflow");
  EXPECT_THAT(add("workflow", workflow), IsGrpc(0, ""));
  EXPECT_EQ(RowsOf(workflow), (std::vector<Row>{{"01", "action", "", "failed", "AP8="}}));
}

// Keys of the other clients: Python, Node and Java send more than is needed.
TEST_F(Registration, OtherKeysAreIgnored) {
  const std::string gid = Prepared("tcc");
  EXPECT_THAT(
      Post("registerBranch",
           absl::StrCat(R"({"gid":")", gid, R"(","trans_type":"tcc","branch_id":"00",)",
                        R"("branch_id":"01","confirm":"c","cancel":"x","data":"d","status":)",
                        R"("succeed","try":"t","subType":"tcc","subType":null,"op":"action"})")),
      IsSuccess());
  EXPECT_EQ(RowsOf(gid), (std::vector<Row>{{"01", "cancel", "x", "prepared", "ZA=="},
                                           {"01", "confirm", "c", "prepared", "ZA=="}}));
}

TEST_F(Registration, TheSameAgain) {
  for (const char* mode : {"tcc", "xa"}) {
    const std::string gid = Prepared(mode);
    const nlohmann::json body = Branch(mode, gid, "01", "/ok");
    ASSERT_THAT(Post("registerBranch", body), IsSuccess());
    const HttpAnswer again = Post("registerBranch", body);
    if (Differs("same-branch-again", server())) {
      EXPECT_THAT(again, IsError("storage: UniqueKeyConflict")) << mode;
    } else {
      EXPECT_THAT(again, IsSuccess()) << mode;
    }
    EXPECT_EQ(RowsOf(gid).size(), 2U);
  }
}

TEST_F(Registration, TheSameWithOtherContent) {
  for (const char* mode : {"tcc", "xa", "workflow"}) {
    const std::string gid = Prepared(mode);
    nlohmann::json body = Branch(mode, gid, "01", "/ok");
    ASSERT_THAT(Post("registerBranch", body), IsSuccess());
    const auto before = RowsOf(gid);
    body.update(std::string(mode) == "workflow" ? nlohmann::json({{"data", "other"}})
                                                : Branch(mode, gid, "01", "/other"));
    EXPECT_THAT(Post("registerBranch", body), IsError(HasSubstr("UniqueKeyConflict"))) << mode;
    EXPECT_EQ(RowsOf(gid), before);
  }
}

// The second of two executions of one workflow is told that the first was there (11.1 #11).
TEST_F(Registration, AWorkflowStepIsNotedOnce) {
  const std::string gid = Prepared("workflow");
  const nlohmann::json body = Branch("workflow", gid, "01", "/ok");
  ASSERT_THAT(Post("registerBranch", body), IsSuccess());
  EXPECT_THAT(Post("registerBranch", body), IsError(HasSubstr("UniqueKeyConflict")));
  dtmgimp::DtmBranchRequest request;
  request.set_gid(gid);
  request.set_transtype("workflow");
  request.set_branchid("01");
  request.set_busipayload(R"({"reply":1})");
  (*request.mutable_data())["op"] = "action";
  (*request.mutable_data())["status"] = "succeed";
  EXPECT_THAT(Rpc("RegisterBranch", request), IsGrpc(2, HasSubstr("UniqueKeyConflict")));
  // Another op of the same branch is another row.
  nlohmann::json rollback = body;
  rollback["op"] = "rollback";
  EXPECT_THAT(Post("registerBranch", rollback), IsSuccess());
  EXPECT_EQ(RowsOf(gid).size(), 2U);
}

// After its time a TCC takes no more branches (10.5 TestTccTimeout).
TEST_F(Registration, AfterTheTimeout) {
  const std::string gid = NewGid("late");
  nlohmann::json body = Bare("tcc", gid);
  body["timeout_to_fail"] = 1;
  body["retry_interval"] = 1;
  ASSERT_THAT(Post("prepare", body), IsSuccess());
  ASSERT_THAT(Post("registerBranch", Branch("tcc", gid, "01", "/ok")), IsSuccess());
  ASSERT_TRUE(WaitForStatus(gid, "failed"));
  EXPECT_THAT(Post("registerBranch", Branch("tcc", gid, "02", "/ok")),
              IsFailure(absl::StrCat("no trans with gid: ", gid,
                                     " status: prepared found "
                                     "FAILURE")));
  EXPECT_THAT(Query(gid)["transaction"]["rollback_reason"].get<std::string>(),
              testing::MatchesRegex("Timeout after [0-9]+ seconds"));
}

}  // namespace
}  // namespace saga::conformance
