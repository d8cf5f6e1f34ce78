// Topics over HTTP: the calls about them, the records they are kept in, and messages to them
// (protocol 1.2, 1.4, 2.2, 2.4, 5.5 and 11.1 #12).

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/integration/http_door/http_door.h"

namespace saga::integration {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";

class HttpDoorTopicsTest : public ::testing::Test {
 protected:
  // "200 SUCCESS" or "500 <message>".
  static std::string Told(const Reply& reply) {
    const json body = reply.Json();
    return absl::StrCat(reply.status, " ",
                        body.value("dtm_result", body.value("message", reply.body)));
  }
  std::string Subscribe(const std::string& topic, const std::string& url,
                        const std::string& remark = "") {
    return Told(door_.Get(
        absl::StrCat("/api/dtmsvr/subscribe?topic=", topic, "&url=", url, "&remark=", remark)));
  }
  std::string Unsubscribe(const std::string& topic, const std::string& url) {
    return Told(door_.Get(absl::StrCat("/api/dtmsvr/unsubscribe?topic=", topic, "&url=", url)));
  }
  Reply Delete(const std::string& path) {
    saga::testing::RawHttp http(door_.server().port());
    EXPECT_TRUE(http.Send(saga::testing::RawHttp::Request("DELETE", path)));
    const auto response = http.Read();
    EXPECT_TRUE(response.has_value()) << path;
    if (!response.has_value()) return {};
    location_ = response->headers.contains("location") ? response->headers.at("location") : "";
    return {response->status, response->body, ""};
  }
  json Records(const std::string& query) {
    const Reply reply = door_.Get("/api/dtmsvr/" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
    EXPECT_TRUE(reply.Json()["kv"].is_array()) << reply.body;
    return reply.Json();
  }
  // The keys of an answer's records.
  static std::vector<std::string> Keys(const json& answer) {
    std::vector<std::string> keys;
    for (const json& record : answer["kv"]) keys.push_back(record["k"]);
    return keys;
  }

  // A message whose steps are `actions`.
  static json Message(const std::string& gid, const std::vector<std::string>& actions) {
    json request = Request(gid, "msg", 0);
    for (const std::string& action : actions) {
      request["steps"].push_back({{"action", action}});
      request["payloads"].push_back(absl::StrCat("p", request["steps"].size()));
    }
    return request;
  }
  // "branch_id url" of the branches that query shows.
  std::vector<std::string> Branches(const std::string& gid) {
    std::vector<std::string> branches;
    const json shown = door_.Query(gid);
    for (const json& branch : shown["branches"]) {
      branches.push_back(absl::StrCat(branch["branch_id"].get<std::string>(), " ",
                                      branch["url"].get<std::string>()));
    }
    return branches;
  }

  std::string location_;
  HttpDoor door_;
};

TEST_F(HttpDoorTopicsTest, SubscribeUnsubscribeDelete) {
  EXPECT_EQ(door_.Get("/api/dtmsvr/subscribe?topic=paid&url=http://a&remark=x").body, kSuccess);
  EXPECT_EQ(Subscribe("paid", "http://a"), "500 this url exists");
  EXPECT_EQ(Subscribe("", "http://a"), "500 empty topic");
  EXPECT_EQ(Subscribe("paid", ""), "500 empty url");
  EXPECT_EQ(Told(door_.Get("/api/dtmsvr/subscribe")), "500 empty topic");
  EXPECT_THAT(Subscribe("paid", "etcd://a"), HasSubstr("500 url begins with 'etcd://'"));
  EXPECT_EQ(Subscribe("paid", "http://b"), "200 SUCCESS");
  EXPECT_EQ(Unsubscribe("sent", "http://a"), "500 no such a topic");
  EXPECT_EQ(Unsubscribe("paid", "http://c"), "500 no such an url ");
  EXPECT_EQ(Unsubscribe("paid", "http://a"), "200 SUCCESS");
  EXPECT_EQ(Unsubscribe("paid", "http://b"), "200 SUCCESS");
  EXPECT_EQ(Unsubscribe("paid", "http://b"), "500 this topic is empty");
  EXPECT_EQ(Delete("/api/dtmsvr/topic/paid").body, kSuccess);
  EXPECT_EQ(Told(Delete("/api/dtmsvr/topic/paid")), "500 storage: NotFound");
}

TEST_F(HttpDoorTopicsTest, APathNamesAnyTopic) {
  for (const std::string name : {"a%20b", "a%2Fb", "a/b", "%C3%A4", "topic:x"}) {
    EXPECT_EQ(Subscribe(name, "http://a"), "200 SUCCESS") << name;
    EXPECT_EQ(Told(Delete("/api/dtmsvr/topic/" + name)), "200 SUCCESS") << name;
    EXPECT_EQ(Unsubscribe(name, "http://a"), "500 no such a topic") << name;
  }
  EXPECT_EQ(Delete("/api/dtmsvr/topic").status, 404);
  EXPECT_EQ(Delete("/api/dtmsvr/topic/").status, 404);
  EXPECT_EQ(door_.Get("/api/dtmsvr/topic/paid").status, 404);
  EXPECT_EQ(door_.Post("/api/dtmsvr/subscribe?topic=paid&url=http://a", "").status, 404);
  EXPECT_EQ(Delete("/api/dtmsvr/topic/a%0D%0Ab%20c/?x=1").status, 307);
  EXPECT_EQ(location_, "/api/dtmsvr/topic/a%0D%0Ab%20c?x=1");
}

TEST_F(HttpDoorTopicsTest, TheRecordsOfTopics) {
  EXPECT_EQ(door_.Get("/api/dtmsvr/queryKV?cat=topics&key=paid").body, R"({"kv":[]})");
  EXPECT_EQ(door_.Get("/api/dtmsvr/scanKV?cat=topics").body, R"({"kv":[],"next_position":""})");
  ASSERT_EQ(Subscribe("paid", "http://a%3Fx%3D1%26y%3D2", "the%20%22shop%22"), "200 SUCCESS");
  ASSERT_EQ(Subscribe("paid", "http://b"), "200 SUCCESS");
  ASSERT_EQ(Subscribe("sent", "http://b"), "200 SUCCESS");

  const json record = Records("queryKV?cat=topics&key=paid")["kv"][0];
  EXPECT_EQ(record["cat"], "topics");
  EXPECT_EQ(record["k"], "paid");
  EXPECT_EQ(
      record["v"],
      R"([{"url":"http://a?x=1&y=2","remark":"the \"shop\""},{"url":"http://b","remark":""}])");
  EXPECT_EQ(record["version"], 2);
  EXPECT_TRUE(record["id"].is_number_integer());
  EXPECT_THAT(record["create_time"].get<std::string>(),
              ::testing::MatchesRegex("....-..-..T..:..:......*\\+00:00"));
  EXPECT_GE(record["update_time"], record["create_time"]);
  EXPECT_EQ(record.size(), 7u);

  EXPECT_THAT(Keys(Records("queryKV?cat=topics")), ElementsAre("sent", "paid"));
  EXPECT_THAT(Keys(Records("queryKV?key=sent")), ElementsAre("sent"));
  EXPECT_THAT(Keys(Records("queryKV")), ElementsAre("sent", "paid"));
  EXPECT_THAT(Keys(Records("queryKV?cat=others&key=paid")), IsEmpty());
  EXPECT_THAT(Keys(Records("queryKV?cat=topics&key=PAID")), IsEmpty());
}

TEST_F(HttpDoorTopicsTest, RecordsInPages) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Subscribe(absl::StrCat("t", i), "http://a"), "200 SUCCESS");
  std::vector<std::string> seen;
  std::string position;
  for (int pages = 1;; ++pages) {
    const json page = Records("scanKV?cat=topics&limit=2&position=" + position);
    for (const std::string& key : Keys(page)) seen.push_back(key);
    position = page["next_position"];
    if (position.empty()) break;
    ASSERT_LT(pages, 4);
  }
  EXPECT_THAT(seen, ElementsAre("t4", "t3", "t2", "t1", "t0"));
  EXPECT_EQ(Records("scanKV?cat=topics&limit=5")["next_position"], "");
  EXPECT_EQ(Records("scanKV?cat=topics")["kv"].size(), 5u);
  EXPECT_EQ(Records("scanKV?limit=0")["kv"].size(), 5u);
  EXPECT_EQ(Records("scanKV?cat=others")["kv"].size(), 0u);
  EXPECT_EQ(Records("scanKV?position=1")["kv"].size(), 0u);
  EXPECT_EQ(Records("scanKV?position=-7")["kv"].size(), 0u);
  EXPECT_EQ(Told(door_.Get("/api/dtmsvr/scanKV?limit=x")), "500 convert to int error: x");
  EXPECT_EQ(Told(door_.Get("/api/dtmsvr/scanKV?position=x")), "500 convert to int error: x");
}

TEST_F(HttpDoorTopicsTest, AMessageGoesToEveryReceiver) {
  Subscribe("one", "http://r/1");
  Subscribe("two", "http://r/2");
  Subscribe("two", "http://r/3");
  const Reply reply =
      door_.Call("submit", Message("g", {"http://x/act", "topic://one", "topic://two"}));
  EXPECT_EQ(reply.body, kSuccess);
  EXPECT_THAT(Branches("g"), ElementsAre("01 http://x/act", "02 http://r/1", "03-01 http://r/2",
                                         "03-02 http://r/3"));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://x/act", "action http://r/1",
                                                  "action http://r/2", "action http://r/3"));
  const auto calls = door_.caller().FullCalls();
  EXPECT_EQ(base::Value(calls[2].payload), "p3");
  EXPECT_EQ(base::Value(calls[3].payload), "p3");
  EXPECT_EQ(calls[3].branch_id, "03-02");
}

TEST_F(HttpDoorTopicsTest, AMessageToNobody) {
  EXPECT_EQ(Told(door_.Call("submit", Message("g", {"topic://paid"}))), "500 topic not found");
  EXPECT_EQ(Told(door_.Call("prepare", Message("g", {"topic://paid"}))), "500 topic not found");
  Subscribe("paid", "http://a");
  Unsubscribe("paid", "http://a");
  EXPECT_EQ(Told(door_.Call("submit", Message("g", {"topic://paid"}))), "500 topic not found");
  EXPECT_EQ(door_.Query("g")["transaction"], nullptr);
  EXPECT_THAT(Told(door_.Call("submit", Message("g", {"http://a", "Topic://paid"}))),
              HasSubstr("'Topic://'"));
  json saga = Message("g", {"topic://paid"});
  saga["trans_type"] = "saga";
  EXPECT_THAT(Told(door_.Call("submit", saga)),
              HasSubstr("500 the action of step 0 names a topic"));
}

TEST_F(HttpDoorTopicsTest, DeletedTopicsAreGoneAndNewOnesAreSeen) {
  Subscribe("paid", "http://a");
  Subscribe("paid", "http://b");
  ASSERT_EQ(Delete("/api/dtmsvr/topic/paid").status, 200);
  EXPECT_EQ(Told(door_.Call("submit", Message("g1", {"topic://paid"}))), "500 topic not found");
  Subscribe("paid", "http://c");
  EXPECT_EQ(Told(door_.Call("submit", Message("g1", {"topic://paid"}))), "200 SUCCESS");
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://c"));
}

TEST_F(HttpDoorTopicsTest, WhoReceivesIsSettledWhenItIsPrepared) {
  Subscribe("paid", "http://a");
  json message = Message("g", {"topic://paid"});
  message["query_prepared"] = "http://q";
  ASSERT_EQ(Told(door_.Call("prepare", message)), "200 SUCCESS");
  Subscribe("paid", "http://b");
  ASSERT_EQ(Told(door_.Call("prepare", message)), "200 SUCCESS");
  EXPECT_THAT(Branches("g"), ElementsAre("01 http://a"));
  // The sender's local transaction is committed: nothing about the topic may keep it back now.
  ASSERT_EQ(Delete("/api/dtmsvr/topic/paid").status, 200);
  EXPECT_EQ(Told(door_.Call("submit", message)), "200 SUCCESS");
  EXPECT_TRUE(door_.Reaches("g", "succeed"));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://a"));
}

TEST_F(HttpDoorTopicsTest, ARepeatedSubmitIsTheSameOneWhoeverHasSubscribedSince) {
  door_.caller().Hold("http://a");
  Subscribe("paid", "http://a");
  json message = Message("g", {"topic://paid"});
  message["wait_result"] = false;
  ASSERT_EQ(Told(door_.Call("submit", message)), "200 SUCCESS");
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  Subscribe("paid", "http://b");
  EXPECT_EQ(Told(door_.Call("submit", message)), "200 SUCCESS");
  ASSERT_EQ(Delete("/api/dtmsvr/topic/paid").status, 200);
  EXPECT_EQ(Told(door_.Call("submit", message)), "200 SUCCESS");
  door_.caller().Release("http://a");
  EXPECT_TRUE(door_.Reaches("g", "succeed"));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://a"));
}

TEST_F(HttpDoorTopicsTest, AGrpcReceiverOfAnHttpMessageIsRefusedBeforeAnythingIsDone) {
  ASSERT_EQ(Subscribe("paid", "r:1/pkg.Svc/M"), "200 SUCCESS");
  EXPECT_THAT(Told(door_.Call("prepare", Message("g", {"topic://paid"}))),
              HasSubstr("500 a receiver of topic 'paid' is 'r:1/pkg.Svc/M'"));
}

TEST_F(HttpDoorTopicsTest, ByJsonRpcToo) {
  Subscribe("paid", "http://a");
  const json call = {{"jsonrpc", "2.0"},
                     {"id", "1"},
                     {"method", "submit"},
                     {"params", Message("g", {"topic://paid"})}};
  EXPECT_EQ(door_.Post("/api/json-rpc", call.dump()).Json()["error"], nullptr);
  EXPECT_THAT(Branches("g"), ElementsAre("01 http://a"));
}

}  // namespace
}  // namespace saga::integration
