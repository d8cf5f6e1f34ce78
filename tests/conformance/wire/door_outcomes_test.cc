// The envelope of each kind of answer (protocol 1.3), one example each; and what clients look for
// in it (11.2 #2, #3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Outcomes = DoorTest;

TEST_F(Outcomes, NothingToSayIsSuccess) {
  const std::string gid = NewGid("outcome");
  const HttpAnswer answer = Post("prepare", Bare("tcc", gid));
  EXPECT_EQ(answer.body, R"({"dtm_result":"SUCCESS"})");
  EXPECT_THAT(answer, IsSuccess());
  EXPECT_THAT(Post("registerBranch", Branch("tcc", gid, "01", "/ok")), IsSuccess());
  EXPECT_THAT(Post("abort", Bare("tcc", gid)), IsSuccess());
  EXPECT_THAT(Post("submit", Bare("tcc", NewGid("outcome"))), IsSuccess());
}

TEST_F(Outcomes, FailureIs409) {
  const HttpAnswer answer = Post("submit", Bare("saga", Open("saga", "succeed")));
  EXPECT_THAT(answer, IsFailure("current status 'succeed', cannot sumbmit. FAILURE"));
  EXPECT_EQ(answer.body, R"({"dtm_result":"FAILURE","message":"current status 'succeed', cannot )"
                         R"(sumbmit. FAILURE"})");
}

TEST_F(Outcomes, OngoingIs425) {
  const std::string gid = NewGid("ongoing");
  ASSERT_THAT(Post("prepare", Bare("tcc", gid)), IsSuccess());
  ASSERT_THAT(Post("registerBranch", Branch("tcc", gid, "01", "/ongoing")), IsSuccess());
  nlohmann::json body = Bare("tcc", gid);
  body["wait_result"] = true;
  const HttpAnswer answer = Post("submit", body);
  EXPECT_THAT(answer, IsOngoing("ONGOING"));
  EXPECT_EQ(answer.body, R"({"dtm_result":"ONGOING","message":"ONGOING"})");
}

TEST_F(Outcomes, ErrorIs500WithoutResult) {
  EXPECT_THAT(Get("query"), IsError("no gid specified"));
  EXPECT_EQ(Get("query?gid=").body, R"({"message":"no gid specified"})");
}

TEST_F(Outcomes, BodyThatIsNoJson) {
  for (const char* route :
       {"prepare", "submit", "abort", "forceStop", "prepareWorkflow", "resetNextCronTime"}) {
    for (const char* body : {"", "{", "[]", "\"text\"", "7", "nonsense", "{\"gid\":}"}) {
      const HttpAnswer answer = Post(route, std::string(body));
      EXPECT_THAT(answer, IsError(Not(""))) << route << " " << body;
    }
  }
}

// The 400 is written before the text, hence its plain type.
TEST_F(Outcomes, RegisterBranchWithABadBodyIs400) {
  for (const char* route : {"registerBranch", "registerTccBranch", "registerXaBranch"}) {
    for (const char* body : {"", "{", "[]", "\"text\"", R"({"gid":1})", R"({"gid":["a"]})",
                             R"({"gid":"a","data":{"amount":30}})", R"({"gid":true})"}) {
      const HttpAnswer answer = Post(route, std::string(body));
      EXPECT_EQ(answer.status, 400) << route << " " << body;
      EXPECT_THAT(answer.headers.at("content-type"), StartsWith("text/plain"));
      ASSERT_TRUE(answer.json().is_object()) << answer.body;
      EXPECT_EQ(answer.json().size(), 1U);
      EXPECT_NE(answer.json().value("message", ""), "");
    }
  }
}

TEST_F(Outcomes, RegisterBranchOfAnUnknownType) {
  const std::string gid = Open("tcc", "prepared");
  nlohmann::json body = Branch("tcc", gid, "02", "/ok");
  body["trans_type"] = "sagas";
  EXPECT_THAT(Post("registerBranch", body), IsError("unknow trans type: sagas"));
  body["trans_type"] = nullptr;
  EXPECT_THAT(Post("registerBranch", body), IsError("unknow trans type: "));
  body.erase("trans_type");
  EXPECT_THAT(Post("registerBranch", body), IsError("unknow trans type: "));
  dtmgimp::DtmBranchRequest request;
  request.set_gid(gid);
  request.set_transtype("sagas");
  EXPECT_THAT(Rpc("RegisterBranch", request), IsGrpc(2, "unknow trans type: sagas"));
  EXPECT_EQ(Query(gid)["branches"].size(), 2U);
}

TEST_F(Outcomes, NumbersInAQueryAreNumbers) {
  for (const char* query :
       {"all?limit=x", "all?createTimeStart=x", "all?createTimeEnd=x", "resetCronTime?timeout=x",
        "resetCronTime?limit=x", "scanKV?cat=topics&limit=x"}) {
    EXPECT_THAT(Get(query), IsError("convert to int error: x")) << query;
  }
}

// Go, Python, Node and C# take the word anywhere in a 200 for a failure.
TEST_F(Outcomes, SuccessNeverSaysFailure) {
  const std::string gid = Open("saga", "succeed");
  for (const std::string& route :
       {std::string("version"), std::string("newGid"), std::string("all?gid=" + gid),
        std::string("scanKV?cat=topics"), std::string("queryKV?cat=topics"),
        std::string("resetCronTime?timeout=100000")}) {
    const HttpAnswer answer = Get(route);
    EXPECT_EQ(answer.status, 200) << route;
    EXPECT_TRUE(HasJsonType(answer)) << route;
    EXPECT_THAT(answer.body, Not(HasSubstr("FAILURE"))) << route;
    EXPECT_THAT(answer.body, Not(HasSubstr("ONGOING"))) << route;
  }
}

}  // namespace
}  // namespace saga::conformance
