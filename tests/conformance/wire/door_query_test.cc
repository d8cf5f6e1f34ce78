// The objects that `query` returns (protocol 2.4).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::MatchesRegex;

// RFC 3339 with an offset, to the nanosecond at most. C# reads it as DateTimeOffset.
constexpr char kTime[] =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}"
    ")";

class QueryDoor : public DoorTest {
 protected:
  static void ExpectTime(const nlohmann::json& object, const char* key) {
    ASSERT_TRUE(object.contains(key) && object[key].is_string()) << key << " in " << object;
    EXPECT_THAT(object[key].get<std::string>(), MatchesRegex(kTime)) << key;
  }
};

TEST_F(QueryDoor, UnknownGid) {
  const HttpAnswer answer = Get("query?gid=nobody");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"branches":[],"transaction":null})");
  EXPECT_TRUE(HasJsonType(answer));
}

TEST_F(QueryDoor, SucceededSaga) {
  const std::string gid = NewGid("query");
  nlohmann::json body = Saga(gid, "/ok", "/undo");
  body.update({{"wait_result", true},
               {"custom_data", R"({"concurrent":false})"},
               {"timeout_to_fail", 300},
               {"request_timeout", 7},
               {"retry_interval", 11},
               {"retry_limit", 3},
               {"branch_headers", {{"x-shop", "7"}}}});
  ASSERT_THAT(Post("submit", body), IsSuccess());
  nlohmann::json state = Query(gid);
  EXPECT_EQ(state.size(), 2U);

  nlohmann::json global = state["transaction"];
  EXPECT_EQ(global["gid"], gid);
  EXPECT_EQ(global["trans_type"], "saga");
  EXPECT_EQ(global["status"], "succeed");
  EXPECT_EQ(global["protocol"], "http");
  EXPECT_EQ(global["custom_data"], R"({"concurrent":false})");
  EXPECT_TRUE(global["id"].is_number_integer());
  for (const char* key : {"create_time", "update_time", "finish_time"}) {
    ExpectTime(global, key);
  }
  for (const char* key : {"rollback_time", "rollback_reason", "result", "query_prepared"}) {
    EXPECT_FALSE(global.contains(key)) << key;
  }
  nlohmann::json options = nlohmann::json::parse(global["options"].get<std::string>());
  EXPECT_EQ(options["wait_result"], true);
  EXPECT_EQ(options["timeout_to_fail"], 300);
  EXPECT_EQ(options["request_timeout"], 7);
  EXPECT_EQ(options["retry_interval"], 11);
  EXPECT_EQ(options["retry_limit"], 3);
  EXPECT_EQ(options["branch_headers"]["x-shop"], "7");
  EXPECT_EQ(options["concurrent"], false);

  ASSERT_EQ(state["branches"].size(), 2U);
  nlohmann::json undo = state["branches"][0];
  nlohmann::json action = state["branches"][1];
  EXPECT_EQ(undo["op"], "compensate");
  EXPECT_EQ(undo["status"], "prepared");
  EXPECT_EQ(undo["url"], Url("/undo"));
  EXPECT_FALSE(undo.contains("finish_time"));
  EXPECT_EQ(action["op"], "action");
  EXPECT_EQ(action["status"], "succeed");
  EXPECT_EQ(action["url"], Url("/ok"));
  ExpectTime(action, "finish_time");
  for (nlohmann::json* branch : {&undo, &action}) {
    EXPECT_EQ((*branch)["gid"], gid);
    EXPECT_EQ((*branch)["branch_id"], "01");
    EXPECT_EQ((*branch)["bin_data"], "eyJhbW91bnQiOjMwfQ==");
    EXPECT_TRUE((*branch)["id"].is_number_integer());
    ExpectTime(*branch, "create_time");
    ExpectTime(*branch, "update_time");
  }
}

// When it will be looked at next, as long as it will.
TEST_F(QueryDoor, WaitingSaga) {
  const std::string gid = NewGid("query");
  nlohmann::json body = Saga(gid, "/ongoing");
  body.update({{"wait_result", true}, {"retry_interval", 11}});
  EXPECT_EQ(Post("submit", body).status, 409);
  nlohmann::json global = Query(gid)["transaction"];
  EXPECT_EQ(global["status"], "submitted");
  EXPECT_EQ(global["next_cron_interval"], 11);
  ExpectTime(global, "next_cron_time");
}

// `concurrent` is the one option that always stands beside the other fields.
TEST_F(QueryDoor, FlattenedOptions) {
  const std::string gid = Open("tcc", "prepared");
  EXPECT_EQ(Query(gid)["transaction"]["concurrent"], false);
  EXPECT_EQ(Query(gid)["transaction"]["options"], R"({"concurrent":false})");
}

TEST_F(QueryDoor, FailedSaga) {
  const std::string gid = NewGid("query");
  nlohmann::json body = Saga(gid, "/fail", "/undo");
  body["wait_result"] = true;
  EXPECT_EQ(Post("submit", body).status, 409);
  nlohmann::json state = Query(gid);
  EXPECT_EQ(state["transaction"]["status"], "failed");
  EXPECT_EQ(state["transaction"]["rollback_reason"],
            absl::StrCat("url:", Url("/fail"), " return failed: {\"error\":\"no funds\"} FAILURE"));
  ExpectTime(state["transaction"], "rollback_time");
  EXPECT_FALSE(state["transaction"].contains("finish_time"));
  ASSERT_EQ(state["branches"].size(), 2U);
  EXPECT_EQ(state["branches"][0]["status"], "succeed");
  EXPECT_EQ(state["branches"][1]["status"], "failed");
}

// Rows in the order of the steps, a compensation before its action (protocol 5.3).
TEST_F(QueryDoor, BranchesAreInOrder) {
  const std::string gid = NewGid("query");
  nlohmann::json body = Bare("saga", gid);
  for (int i = 1; i <= 120; ++i) {
    body["steps"].push_back({{"action", ""}, {"compensate", ""}});
    body["payloads"].push_back(std::to_string(i));
  }
  ASSERT_THAT(Post("submit", body), IsSuccess());
  ASSERT_TRUE(WaitForStatus(gid, "succeed"));
  nlohmann::json branches = Query(gid)["branches"];
  ASSERT_EQ(branches.size(), 240U);
  for (size_t i = 0; i < branches.size(); ++i) {
    const std::string number = std::to_string(i / 2 + 1);
    EXPECT_EQ(branches[i]["branch_id"], number.size() < 2 ? "0" + number : number);
    EXPECT_EQ(branches[i]["op"], i % 2 == 0 ? "compensate" : "action");
    EXPECT_EQ(branches[i]["status"], i % 2 == 0 ? "prepared" : "succeed");
    EXPECT_FALSE(branches[i].contains("url"));
  }
}

TEST_F(QueryDoor, PreparedMessage) {
  const std::string gid = Open("msg", "prepared");
  nlohmann::json state = Query(gid);
  EXPECT_EQ(state["transaction"]["status"], "prepared");
  EXPECT_EQ(state["transaction"]["query_prepared"], Url("/ongoing"));
  ASSERT_EQ(state["branches"].size(), 1U);
  EXPECT_EQ(state["branches"][0]["op"], "action");
  EXPECT_EQ(state["branches"][0]["branch_id"], "01");
}

TEST_F(QueryDoor, FinishedWorkflow) {
  const std::string gid = Open("workflow", "succeed");
  nlohmann::json global = Query(gid)["transaction"];
  EXPECT_EQ(global["result"], "aGk=");
  ExpectTime(global, "finish_time");
  if (Differs("list-keeps-all", server())) {
    EXPECT_TRUE(global["create_time"].is_null());
    EXPECT_FALSE(global.contains("custom_data"));
  } else {
    ExpectTime(global, "create_time");
    EXPECT_EQ(global["custom_data"], R"({"name":"flow","data":"aGk="})");
    EXPECT_EQ(global["query_prepared"], Url("/ok"));
  }
}

TEST_F(QueryDoor, GidThatBeginsAnotherGid) {
  const std::string gid = Open("saga", "prepared");
  ASSERT_THAT(Post("prepare", Saga(gid + "-longer", "/ok")), IsSuccess());
  EXPECT_EQ(Query(gid)["branches"].size(), Differs("prefix-gids", server()) ? 0U : 2U);
  EXPECT_EQ(Query(gid + "-longer")["branches"].size(), 2U);
}

// The port of TestAPIQuery's first half; topics are in door_topics_test.cc.
TEST_F(QueryDoor, MessageOfTwoSteps) {
  const std::string gid = NewGid("query");
  nlohmann::json body = Message(gid, "/ok");
  body["steps"].push_back({{"action", Url("/two")}});
  body["payloads"].push_back("");
  ASSERT_THAT(Post("submit", body), IsSuccess());
  const HttpAnswer answer = Get("query?gid=" + gid);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.json()["transaction"].is_object());
  EXPECT_EQ(answer.json()["branches"].size(), 2U);
  EXPECT_FALSE(answer.json()["branches"][1].contains("bin_data"));
}

}  // namespace
}  // namespace saga::conformance
