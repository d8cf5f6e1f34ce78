// What can be read over HTTP: query and all (protocol 2.2, 2.4, 10.1).

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/integration/http_door/http_door.h"

namespace saga::integration {
namespace {

using nlohmann::json;

class HttpDoorQueryTest : public ::testing::Test {
 protected:
  json All(const std::string& query) {
    const Reply reply = door_.Get("/api/dtmsvr/all?" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json();
  }

  void Message(const std::string& gid) {
    EXPECT_EQ(door_.Call("submit", Request(gid, "msg", 1)).status, 200);
  }

  HttpDoor door_;
};

TEST_F(HttpDoorQueryTest, OfOneThatEnded) {
  ASSERT_EQ(door_.Call("submit", Request("g", "saga", 2)).status, 200);
  const json shown = door_.Query("g");
  EXPECT_EQ(shown["transaction"]["gid"], "g");
  EXPECT_EQ(shown["transaction"]["trans_type"], "saga");
  EXPECT_EQ(shown["transaction"]["status"], "succeed");
  EXPECT_EQ(shown["transaction"]["protocol"], "http");
  EXPECT_EQ(shown["transaction"]["wait_result"], true);
  EXPECT_EQ(shown["transaction"]["concurrent"], false);
  EXPECT_TRUE(shown["transaction"]["finish_time"].is_string());
  ASSERT_EQ(shown["branches"].size(), 4u);
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"01", "compensate"}, {"01", "action"}, {"02", "compensate"}, {"02", "action"}};
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(shown["branches"][i]["branch_id"], rows[i].first);
    EXPECT_EQ(shown["branches"][i]["op"], rows[i].second);
    EXPECT_EQ(shown["branches"][i]["gid"], "g");
    EXPECT_EQ(shown["branches"][i]["bin_data"], i < 2 ? "cDE=" : "cDI=");
  }
  EXPECT_EQ(shown["branches"][1]["status"], "succeed");
  EXPECT_EQ(shown["branches"][1]["url"], "http://b/act1");
}

TEST_F(HttpDoorQueryTest, OfOneThatIsUnderWay) {
  door_.caller().Hold("http://b/act1");
  ASSERT_EQ(door_.Call("submit", Request("g", "saga", 1, /*wait=*/false)).status, 200);
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  const json shown = door_.Query("g");
  EXPECT_EQ(shown["transaction"]["status"], "submitted");
  EXPECT_EQ(shown["branches"][1]["status"], "prepared");
  door_.caller().Release("http://b/act1");
}

TEST_F(HttpDoorQueryTest, CheckBackRowIsNotShown) {
  auto request = Request("g", "msg", 1);
  request["query_prepared"] = "http://b/query";
  ASSERT_EQ(door_.Call("prepare", request).status, 200);
  const json shown = door_.Query("g");
  EXPECT_EQ(shown["transaction"]["status"], "prepared");
  EXPECT_EQ(shown["transaction"]["query_prepared"], "http://b/query");
  EXPECT_TRUE(shown["transaction"]["next_cron_time"].is_string());
  ASSERT_EQ(shown["branches"].size(), 1u);
  EXPECT_EQ(shown["branches"][0]["op"], "action");
}

TEST_F(HttpDoorQueryTest, OfNobody) {
  const Reply unknown = door_.Get("/api/dtmsvr/query?gid=nobody");
  EXPECT_EQ(unknown.status, 200);
  EXPECT_EQ(unknown.body, R"({"branches":[],"transaction":null})");
  for (const char* target : {"/api/dtmsvr/query", "/api/dtmsvr/query?gid="}) {
    const Reply none = door_.Get(target);
    EXPECT_EQ(none.status, 500);
    EXPECT_EQ(none.body, R"({"message":"no gid specified"})");
  }
}

TEST_F(HttpDoorQueryTest, GidsNeedNotBeTame) {
  for (const std::string gid : {"a b", "it's", "50%", "a/b?c=d&e", "größe", "\"q\""}) {
    auto request = Request(gid, "saga", 1);
    ASSERT_EQ(door_.Call("submit", request).status, 200) << gid;
    std::string encoded;
    for (const char c : gid)
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    EXPECT_EQ(door_.Query(encoded)["transaction"]["gid"], gid);
  }
}

TEST_F(HttpDoorQueryTest, AllPagesThroughEverythingOnce) {
  for (int i = 0; i < 5; ++i) Message(absl::StrCat("m", i));
  std::set<std::string> seen;
  std::string position;
  size_t pages = 0;
  do {
    const json page = All(absl::StrCat("limit=2&position=", position));
    for (const json& transaction : page["transactions"]) {
      EXPECT_TRUE(seen.insert(transaction["gid"].get<std::string>()).second);
    }
    position = page["next_position"].get<std::string>();
    ++pages;
  } while (!position.empty() && pages < 10);
  EXPECT_EQ(pages, 3u);
  EXPECT_EQ(seen.size(), 5u);
}

TEST_F(HttpDoorQueryTest, AllAsDtmsOwnTestAsksIt) {
  for (int i = 0; i < 3; ++i) Message(absl::StrCat("m", i));
  const json first = All("limit=1");
  EXPECT_EQ(first["transactions"].size(), 1u);
  EXPECT_EQ(first["transactions"][0]["gid"], "m2") << "newest first";
  const std::string position = first["next_position"].get<std::string>();
  EXPECT_FALSE(position.empty());
  const json second = All(absl::StrCat("limit=1&position=", position));
  EXPECT_FALSE(second["next_position"].get<std::string>().empty());
  EXPECT_NE(second["next_position"], first["next_position"]);
  EXPECT_EQ(All(absl::StrCat("limit=1000&position=", position))["next_position"], "");
  const json one = All("gid=m1&position=77");
  ASSERT_EQ(one["transactions"].size(), 1u);
  EXPECT_EQ(one["transactions"][0]["gid"], "m1");
  EXPECT_EQ(one["next_position"], "77");
  EXPECT_EQ(door_.Get("/api/dtmsvr/all?gid=nobody").body,
            R"({"next_position":"","transactions":null})");
  EXPECT_EQ(door_.Get("/api/dtmsvr/all?createTimeStart=1000&createTimeEnd=2000").body,
            R"({"next_position":"","transactions":[]})");
}

TEST_F(HttpDoorQueryTest, AllFilters) {
  Message("m0");
  ASSERT_EQ(door_.Call("submit", Request("s0", "saga", 1)).status, 200);
  ASSERT_EQ(door_.Call("prepare", Request("t0", "tcc", 0)).status, 200);
  const int64_t now = absl::ToUnixMillis(absl::Now());
  const json found = All(absl::StrCat("status=succeed&transType=msg&createTimeStart=", now - 60'000,
                                      "&createTimeEnd=", now + 60'000));
  ASSERT_EQ(found["transactions"].size(), 1u);
  EXPECT_EQ(found["transactions"][0]["gid"], "m0");
  EXPECT_EQ(found["next_position"], "");
  EXPECT_EQ(All("status=prepared")["transactions"][0]["gid"], "t0");
  EXPECT_EQ(All("transType=workflow")["transactions"], json::array());
  EXPECT_EQ(All("status=unheard")["transactions"], json::array());
  EXPECT_EQ(All("")["transactions"].size(), 3u);
}

TEST_F(HttpDoorQueryTest, AllWithNumbersThatAreNone) {
  for (const char* name : {"limit", "position", "createTimeStart", "createTimeEnd"}) {
    const Reply reply = door_.Get(absl::StrCat("/api/dtmsvr/all?", name, "=x1"));
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body, R"({"message":"convert to int error: x1"})");
  }
}

}  // namespace
}  // namespace saga::integration
