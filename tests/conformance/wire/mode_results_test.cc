// What an answer of a branch means, and to whom (protocol 4.1, 4.3, 4.4).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

enum class Result { kSuccess, kFailure, kOngoing, kUnknown };

struct Row {
  std::string name;
  Reply reply;
  Result result;
  std::string text;  // what is told of it
};

// Protocol 4.1, in its order.
std::vector<Row> HttpRows() {
  return {
      {"200", {.status = 200, .body = "anything"}, Result::kSuccess, ""},
      {"200-empty", {.status = 200, .body = ""}, Result::kSuccess, ""},
      {"425", {.status = 425, .body = "wait"}, Result::kOngoing, ""},
      {"200-ongoing", {.status = 200, .body = R"({"dtm_result":"ONGOING"})"}, Result::kOngoing, ""},
      {"500-ongoing", {.status = 500, .body = "still ONGOING here"}, Result::kOngoing, ""},
      {"409-ongoing", {.status = 409, .body = "ONGOING FAILURE"}, Result::kOngoing, ""},
      {"409", {.status = 409, .body = "no money"}, Result::kFailure, "no money"},
      {"409-text-and-word",
       {.status = 409, .body = "a FAILURE FAILURE"},
       Result::kFailure,
       "a FAILURE"},
      {"200-failure",
       {.status = 200, .body = R"({"dtm_result":"FAILURE"})"},
       Result::kFailure,
       R"({"dtm_result":"FAILURE"})"},
      {"422-failure", {.status = 422, .body = "x FAILURE y"}, Result::kFailure, "x FAILURE y"},
      {"500-failure", {.status = 500, .body = "a FAILURE"}, Result::kFailure, "a"},
      {"200-lower", {.status = 200, .body = "failure, ongoing"}, Result::kSuccess, ""},
      {"201", {.status = 201, .body = "made"}, Result::kUnknown, "made"},
      {"202", {.status = 202, .body = "taken"}, Result::kUnknown, "taken"},
      {"204", {.status = 204, .body = ""}, Result::kUnknown, ""},
      {"304", {.status = 304, .body = ""}, Result::kUnknown, ""},
      {"400", {.status = 400, .body = "bad"}, Result::kUnknown, "bad"},
      {"404", {.status = 404, .body = "none"}, Result::kUnknown, "none"},
      {"500", {.status = 500, .body = "  broken \n"}, Result::kUnknown, "broken"},
      {"503", {.status = 503, .body = "later"}, Result::kUnknown, "later"},
  };
}

// Protocol 4.3. The codes beyond 16 are PHP's.
std::vector<Row> GrpcRows() {
  std::vector<Row> rows = {
      {"ok", GrpcReply(0), Result::kSuccess, ""},
      {"aborted", GrpcReply(10, "no money"), Result::kFailure, "no money"},
      {"aborted-ongoing", GrpcReply(10, "ONGOING"), Result::kOngoing, ""},
      {"aborted-not-only-ongoing", GrpcReply(10, "ONGOING."), Result::kFailure, "ONGOING."},
      {"failed-precondition", GrpcReply(9, "wait"), Result::kOngoing, ""},
  };
  for (const int code : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16}) {
    rows.push_back({absl::StrCat("code-", code), GrpcReply(code, "FAILURE ONGOING"),
                    Result::kUnknown, "FAILURE ONGOING"});
  }
  return rows;
}

class Results : public ModeTest {
 protected:
  // A saga whose only action answers like the row, over its transport.
  HttpAnswer SubmitSaga(const std::string& gid, const std::string& action) {
    return Post("submit", Saga({{"gid", gid},
                                {"protocol", action[0] == 'h' ? "http" : "grpc"},
                                {"wait_result", true},
                                {"retry_interval", 60},
                                {"steps", Json::array({{{"action", action}}})}}));
  }

  HttpAnswer SubmitTcc(const std::string& gid, const std::string& confirm) {
    const Json body = Body("tcc", {{"gid", gid},
                                   {"protocol", confirm[0] == 'h' ? "http" : "grpc"},
                                   {"wait_result", true},
                                   {"retry_interval", 60}});
    EXPECT_TRUE(IsSuccess(Post("prepare", body)));
    Json branch = TccBranch("01");
    branch["gid"] = gid;
    branch["confirm"] = confirm;
    EXPECT_TRUE(IsSuccess(Post("registerBranch", branch)));
    return Post("submit", body);
  }

  void ExpectSaga(const Row& row, const std::string& action) {
    SCOPED_TRACE(row.name + " as action");
    const std::string gid = AnotherGid();
    const HttpAnswer answer = SubmitSaga(gid, action);
    switch (row.result) {
      case Result::kSuccess:
        EXPECT_TRUE(IsSuccess(answer));
        EXPECT_EQ(StatusOf(gid), "succeed");
        EXPECT_EQ(RowsOf(gid), "PS");
        break;
      case Result::kFailure: {
        const std::string reason =
            absl::StrCat("url:", action, " return failed: ", row.text, " FAILURE");
        EXPECT_TRUE(IsFailure(answer, reason));
        EXPECT_EQ(StatusOf(gid), "failed");
        EXPECT_EQ(Query(gid)["transaction"]["rollback_reason"], reason);
        EXPECT_EQ(RowsOf(gid), "SF");
        break;
      }
      case Result::kOngoing:
      case Result::kUnknown:
        EXPECT_TRUE(IsFailure(answer, kNotYet));
        EXPECT_EQ(StatusOf(gid), "submitted");
        EXPECT_EQ(RowsOf(gid), "PP");
        break;
    }
  }

  void ExpectTcc(const Row& row, const std::string& confirm) {
    SCOPED_TRACE(row.name + " as confirm");
    const std::string gid = AnotherGid();
    const HttpAnswer answer = SubmitTcc(gid, confirm);
    EXPECT_EQ(RowsOf(gid), row.result == Result::kSuccess ? "PS" : "PP");
    EXPECT_EQ(StatusOf(gid), row.result == Result::kSuccess ? "succeed" : "submitted");
    switch (row.result) {
      case Result::kSuccess:
        EXPECT_TRUE(IsSuccess(answer));
        break;
      case Result::kFailure:
        EXPECT_TRUE(IsFailure(answer, absl::StrCat(kUnknownResult, row.text, " FAILURE")));
        break;
      case Result::kOngoing:
        EXPECT_EQ(answer.status, 425);
        EXPECT_EQ(answer.json(), (Json{{"dtm_result", "ONGOING"}, {"message", "ONGOING"}}));
        break;
      case Result::kUnknown:
        EXPECT_EQ(answer.status, 500);
        EXPECT_THAT(answer.json().value("message", ""), testing::StartsWith(kUnknownResult));
        EXPECT_THAT(answer.json().value("message", ""), testing::EndsWith(row.text));
        EXPECT_FALSE(answer.json().contains("dtm_result"));
        break;
    }
  }
};

TEST_F(Results, OfHttpAnswersToActions) {
  for (const Row& row : HttpRows()) {
    Answers(row.name, {row.reply});
    ExpectSaga(row, Url(row.name));
  }
}

TEST_F(Results, OfHttpAnswersToConfirms) {
  for (const Row& row : HttpRows()) {
    Answers(row.name, {row.reply});
    ExpectTcc(row, Url(row.name));
  }
}

TEST_F(Results, OfGrpcAnswersToActions) {
  for (const Row& row : GrpcRows()) {
    Answers(row.name, {row.reply});
    ExpectSaga(row, Target(row.name));
  }
}

TEST_F(Results, OfGrpcAnswersToConfirms) {
  for (const Row& row : GrpcRows()) {
    Answers(row.name, {row.reply});
    ExpectTcc(row, Target(row.name));
  }
}

// What PHP services send for failure and ongoing is no gRPC code.
TEST_F(Results, OfGrpcCodesOutOfRange) {
  const bool dtm = Differs("php-grpc-codes", server());
  const std::vector<Row> rows = {
      {"code-409", GrpcReply(409, "x"), dtm ? Result::kUnknown : Result::kFailure, "x"},
      {"code-425", GrpcReply(425, "x"), dtm ? Result::kUnknown : Result::kOngoing, ""}};
  for (const Row& row : rows) {
    Answers(row.name, {row.reply});
    ExpectSaga(row, Target(row.name));
  }
}

// A failure that says nothing, or only that it is one.
TEST_F(Results, OfBareFailures) {
  const bool dtm = Differs("bare-failure", server());
  const auto message = [&](const std::string& body) {
    Answers("bare", {Failure(body)});
    return SubmitSaga(AnotherGid(), Url("bare")).json().value("message", "");
  };
  const std::string before = absl::StrCat("url:", Url("bare"), " return failed: ");
  EXPECT_EQ(message(""), before + (dtm ? " FAILURE" : "FAILURE"));
  EXPECT_EQ(message("FAILURE"), before + (dtm ? "FAILURE FAILURE" : "FAILURE"));
}

// A compensation that says no is only tried again (protocol 4.4).
TEST_F(Results, OfACompensation) {
  Answers("in", {Failure()});
  Answers("in-undo", {Failure("never"), Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("02 compensate"), 3u);
  EXPECT_EQ(CountCalls("01 compensate"), 1u);
  EXPECT_EQ(CallNames().back(), "01 compensate");
  EXPECT_EQ(Rows(), "SSSF");
}

TEST_F(Results, OfACancel) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("tcc"))));
  ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch("01"))));
  Answers("cancel-01", {Failure(), Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("01 cancel"), 3u);
  EXPECT_EQ(Rows(), "SP");
}

// A message is never undone, whatever its branches say.
TEST_F(Results, OfABranchOfAMessage) {
  Answers("first", {Failure(), Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(CountCalls("01 action"), 3u);
  EXPECT_EQ(CallNames().back(), "02 action");
  EXPECT_EQ(Rows(), "SS");
}

TEST_F(Results, OfAMessageWhoseClientWaits) {
  const auto submit = [&](const std::string& name, const Reply& reply) {
    Answers(name, {reply});
    const std::string gid = AnotherGid();
    const HttpAnswer answer =
        Post("submit", Msg({{"gid", gid},
                            {"wait_result", true},
                            {"retry_interval", 60},
                            {"steps", Json::array({{{"action", Url(name)}}})}}));
    EXPECT_EQ(StatusOf(gid), "submitted");
    EXPECT_EQ(RowsOf(gid), "P");
    return answer;
  };
  EXPECT_TRUE(IsFailure(submit("no", Failure("x")), absl::StrCat(kUnknownResult, "x FAILURE")));
  EXPECT_TRUE(IsFailure(submit("wait", Ongoing()), kNotYet));
  const HttpAnswer answer = submit("odd", Broken("y"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.json(), (Json{{"message", absl::StrCat(kUnknownResult, "y")}}));
}

TEST_F(Results, OfXaSecondPhases) {
  const auto play = [&](const std::string& op, const std::string& end, const std::string& rows) {
    const std::string gid = AnotherGid();
    ASSERT_TRUE(IsSuccess(Post("prepare", Body("xa", {{"gid", gid}}))));
    Answers(op, {Failure(), Ongoing(), {}});
    ASSERT_TRUE(IsSuccess(
        Post("registerBranch",
             Json{{"gid", gid}, {"trans_type", "xa"}, {"branch_id", "01"}, {"url", Url(op)}})));
    const std::string route = op == "commit" ? "submit" : "abort";
    ASSERT_TRUE(IsSuccess(Post(route, Body("xa", {{"gid", gid}}))));
    EXPECT_TRUE(EndsAs(gid, end));
    EXPECT_EQ(recorder().CallsOf(gid).size(), 3u);
    EXPECT_EQ(RowsOf(gid), rows);
  };
  play("commit", "succeed", "PS");
  play("rollback", "failed", "SP");
}

// After the answer to a check-back (protocol 4.4): ongoing and unknown ask again.
TEST_F(Results, OfACheckBack) {
  Answers("ask", {Ongoing(), Broken(), Failure()});
  ASSERT_TRUE(IsSuccess(Post("prepare", Msg())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("00 msg"), 3u);
  EXPECT_EQ(Calls().size(), 3u);
  EXPECT_EQ(Rows(), "PP");
  EXPECT_EQ(Reason(), "");
}

}  // namespace
}  // namespace saga::conformance
