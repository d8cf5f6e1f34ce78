// Topics over both doors, and the small records they are kept in (protocol 1.2, 2.2, 10.3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(30);

class Topics : public DoorTest {
 protected:
  static HttpAnswer Subscribe(const std::string& topic, const std::string& url,
                              const std::string& remark = "") {
    return Get(absl::StrCat("subscribe?topic=", UrlEncode(topic), "&url=", UrlEncode(url),
                            "&remark=", UrlEncode(remark)));
  }
  static HttpAnswer Unsubscribe(const std::string& topic, const std::string& url) {
    return Get(absl::StrCat("unsubscribe?topic=", UrlEncode(topic), "&url=", UrlEncode(url)));
  }
  static HttpAnswer Delete(const std::string& topic) {
    return Http(server().http(), "DELETE", "/api/dtmsvr/topic/" + UrlEncode(topic));
  }

  static dtmgimp::DtmTopicRequest TopicRequest(const std::string& topic,
                                               const std::string& url = "",
                                               const std::string& remark = "") {
    dtmgimp::DtmTopicRequest request;
    request.set_topic(topic);
    request.set_url(url);
    request.set_remark(remark);
    return request;
  }

  // The record of a topic; null when there is none.
  static nlohmann::json Record(const std::string& topic) {
    nlohmann::json answer = Get("queryKV?cat=topics&key=" + UrlEncode(topic)).json();
    EXPECT_TRUE(answer["kv"].is_array()) << answer;
    return answer["kv"].empty() ? nlohmann::json() : answer["kv"][0];
  }

  // A message to the topic, sent again until the server knows the topic: DTM looks every second.
  static HttpAnswer Send(const std::string& topic, std::string& gid) {
    HttpAnswer answer;
    fixture::WaitUntil(kPatience, [&] {
      gid = NewGid("topic-msg");
      nlohmann::json body = Message(gid, "/ok");
      body["steps"][0]["action"] = "topic://" + topic;
      body["wait_result"] = true;
      answer = Post("submit", body);
      return !absl::StrContains(answer.body, "topic not found");
    });
    return answer;
  }
};

// The port of TestTopicNormal.
TEST_F(Topics, OverHttp) {
  const std::string topic = NewGid("topic");
  EXPECT_THAT(Subscribe(topic, "http://h/one", "first"), IsSuccess());
  EXPECT_THAT(Subscribe(topic, "http://h/one", "again"), IsError("this url exists"));
  EXPECT_THAT(Subscribe("", "http://h/one"), IsError("empty topic"));
  EXPECT_THAT(Subscribe(topic, ""), IsError("empty url"));
  EXPECT_THAT(Get("subscribe"), IsError("empty topic"));
  EXPECT_THAT(Subscribe(topic, "http://h/two"), IsSuccess());

  EXPECT_THAT(Unsubscribe(topic, "http://h/one"), IsSuccess());
  EXPECT_THAT(Unsubscribe(topic, "http://h/one"), IsError("no such an url "));
  EXPECT_THAT(Unsubscribe("", "http://h/two"), IsError("empty topic"));
  EXPECT_THAT(Unsubscribe(topic, ""), IsError("empty url"));
  EXPECT_THAT(Unsubscribe("nothing", "http://h/two"), IsError("no such a topic"));
  EXPECT_THAT(Unsubscribe(topic, "http://h/two"), IsSuccess());
  EXPECT_THAT(Unsubscribe(topic, "http://h/two"), IsError("this topic is empty"));

  EXPECT_THAT(Delete("nothing"), IsError("storage: NotFound"));
  EXPECT_THAT(Delete(topic), IsSuccess());
  EXPECT_THAT(Delete(topic), IsError("storage: NotFound"));
  EXPECT_TRUE(Record(topic).is_null());
}

TEST_F(Topics, OverGrpc) {
  const std::string topic = NewGid("topic");
  const auto call = [&](const char* rpc, const std::string& name, const std::string& url) {
    return Rpc(rpc, TopicRequest(name, url, "a remark"));
  };
  EXPECT_THAT(call("Subscribe", topic, "h:1/s/One"), IsGrpc(0, ""));
  EXPECT_THAT(call("Subscribe", topic, "h:1/s/One"), IsGrpc(2, "this url exists"));
  EXPECT_THAT(call("Subscribe", "", "h:1/s/One"), IsGrpc(2, "empty topic"));
  EXPECT_THAT(call("Subscribe", topic, ""), IsGrpc(2, "empty url"));
  EXPECT_THAT(call("Subscribe", topic, "h:1/s/Two"), IsGrpc(0, ""));

  EXPECT_THAT(call("Unsubscribe", topic, "h:1/s/One"), IsGrpc(0, ""));
  EXPECT_THAT(call("Unsubscribe", topic, "h:1/s/One"), IsGrpc(2, "no such an url "));
  EXPECT_THAT(call("Unsubscribe", "", "h:1/s/One"), IsGrpc(2, "empty topic"));
  EXPECT_THAT(call("Unsubscribe", topic, ""), IsGrpc(2, "empty url"));
  EXPECT_THAT(call("Unsubscribe", "nothing", "h:1/s/One"), IsGrpc(2, "no such a topic"));
  EXPECT_THAT(call("Unsubscribe", topic, "h:1/s/Two"), IsGrpc(0, ""));
  EXPECT_THAT(call("Unsubscribe", topic, "h:1/s/Two"), IsGrpc(2, "this topic is empty"));

  EXPECT_THAT(call("DeleteTopic", "nothing", ""), IsGrpc(2, "storage: NotFound"));
  EXPECT_THAT(call("DeleteTopic", topic, ""), IsGrpc(0, ""));
  EXPECT_THAT(call("DeleteTopic", topic, ""), IsGrpc(2, "storage: NotFound"));
}

// What the admin pages show (9.3).
TEST_F(Topics, TheRecord) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, "http://h/one?a=b&c=d", "for <you> & \"me\""), IsSuccess());
  nlohmann::json record = Record(topic);
  EXPECT_EQ(record["cat"], "topics");
  EXPECT_EQ(record["k"], topic);
  EXPECT_EQ(record["version"], 1);
  EXPECT_TRUE(record["id"].is_number_integer());
  EXPECT_TRUE(record["create_time"].is_string());
  EXPECT_TRUE(record["update_time"].is_string());
  EXPECT_EQ(record.size(), 7U);
  EXPECT_EQ(
      nlohmann::json::parse(record["v"].get<std::string>()),
      nlohmann::json::array({{{"url", "http://h/one?a=b&c=d"}, {"remark", "for <you> & \"me\""}}}));
  ASSERT_THAT(Subscribe(topic, "http://h/two"), IsSuccess());
  EXPECT_EQ(Record(topic)["version"], 2);
  ASSERT_THAT(Unsubscribe(topic, "http://h/one?a=b&c=d"), IsSuccess());
  EXPECT_EQ(Record(topic)["version"], 3);
  ASSERT_THAT(Unsubscribe(topic, "http://h/two"), IsSuccess());
  EXPECT_EQ(Record(topic)["v"], "[]");
  EXPECT_EQ(Record(topic)["version"], 4);
}

TEST_F(Topics, BothDoorsSeeTheSame) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, "http://h/one"), IsSuccess());
  EXPECT_THAT(Rpc("Subscribe", TopicRequest(topic, "http://h/one")), IsGrpc(2, "this url exists"));
  EXPECT_THAT(Rpc("Unsubscribe", TopicRequest(topic, "http://h/one")), IsGrpc(0, ""));
  EXPECT_THAT(Rpc("DeleteTopic", TopicRequest(topic)), IsGrpc(0, ""));
  EXPECT_THAT(Delete(topic), IsError("storage: NotFound"));
}

// The port of TestConcurrentUpdateTopic: some may lose, but whoever won is in.
TEST_F(Topics, ManyAtOnce) {
  const std::string topic = NewGid("topic");
  constexpr int kCount = 20;
  std::vector<int> statuses(kCount);
  std::vector<std::thread> threads;
  for (int i = 0; i < kCount; ++i) {
    threads.emplace_back(
        [&, i] { statuses[i] = Subscribe(topic, absl::StrCat("http://h/", i)).status; });
  }
  for (std::thread& thread : threads) thread.join();
  int won = 0;
  for (int i = 0; i < kCount; ++i) {
    const HttpAnswer answer = Unsubscribe(topic, absl::StrCat("http://h/", i));
    EXPECT_EQ(answer.status, statuses[i]) << i << " " << answer.body;
    if (statuses[i] == 200) ++won;
  }
  EXPECT_GE(won, 1);
  EXPECT_EQ(Record(topic)["version"], 2 * won);
}

// The port of TestAPIScanKV.
TEST_F(Topics, ScanInPages) {
  std::vector<std::string> topics;
  for (int i = 0; i < 3; ++i) {
    topics.push_back(NewGid("scan"));
    ASSERT_THAT(Subscribe(topics.back(), "http://h/one"), IsSuccess());
  }
  nlohmann::json first = Get("scanKV?cat=topics&limit=1").json();
  EXPECT_EQ(first["kv"].size(), 1U);
  const std::string position = first["next_position"];
  EXPECT_NE(position, "");
  nlohmann::json second = Get("scanKV?cat=topics&limit=1&position=" + UrlEncode(position)).json();
  EXPECT_EQ(second["kv"].size(), 1U);
  EXPECT_NE(second["kv"], first["kv"]);
  EXPECT_NE(second["next_position"], position);
  nlohmann::json all = Get("scanKV?cat=topics&limit=1000").json();
  EXPECT_EQ(all["next_position"], "");
  std::vector<std::string> names;
  for (const nlohmann::json& record : all["kv"]) names.push_back(record["k"]);
  for (const std::string& topic : topics) EXPECT_THAT(names, testing::Contains(topic));
}

// The port of TestAPIQueryKV; an empty list is a list.
TEST_F(Topics, QueryRecords) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, "http://h/one"), IsSuccess());
  EXPECT_EQ(Get("queryKV?cat=topics&key=" + topic).json()["kv"].size(), 1U);
  EXPECT_EQ(Get("queryKV?cat=topics&key=nothing").body, R"({"kv":[]})");
  EXPECT_EQ(Get("queryKV?cat=nothing&key=" + topic).body, R"({"kv":[]})");
  EXPECT_GE(Get("queryKV?cat=topics").json()["kv"].size(), 1U);
  EXPECT_EQ(Get("scanKV?cat=nothing").body, R"({"kv":[],"next_position":""})");
}

TEST_F(Topics, MessageToTwoSubscribers) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, Url("/one")), IsSuccess());
  ASSERT_THAT(Subscribe(topic, Url("/two")), IsSuccess());
  std::string gid;
  // The first message may come when the server knows of one subscriber only.
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] {
    return Send(topic, gid).status == 200 && Query(gid)["branches"].size() == 2;
  }));
  EXPECT_EQ(StatusOf(gid), "succeed");
  nlohmann::json branches = Query(gid)["branches"];
  EXPECT_EQ(branches[0]["branch_id"], "01-01");
  EXPECT_EQ(branches[0]["url"], Url("/one"));
  EXPECT_EQ(branches[1]["branch_id"], "01-02");
  EXPECT_EQ(branches[1]["url"], Url("/two"));
  const auto calls = recorder().CallsOf(gid);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].path, "/one");
  EXPECT_EQ(calls[0].branch_id, "01-01");
  EXPECT_EQ(calls[1].path, "/two");
  EXPECT_EQ(calls[1].body, calls[0].body);
}

TEST_F(Topics, MessageToOneSubscriber) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, Url("/one")), IsSuccess());
  std::string gid;
  EXPECT_THAT(Send(topic, gid), IsSuccess());
  nlohmann::json branches = Query(gid)["branches"];
  ASSERT_EQ(branches.size(), 1U);
  EXPECT_EQ(branches[0]["branch_id"], "01");
}

// TestMsgTopicNotFoundFailed.
TEST_F(Topics, MessageToNobody) {
  for (const char* route : {"submit", "prepare"}) {
    nlohmann::json body = Message(NewGid("topic-msg"), "/ok");
    body["steps"][0]["action"] = "topic://nothing";
    EXPECT_THAT(Post(route, body), IsError(HasSubstr("topic not found"))) << route;
    EXPECT_EQ(StatusOf(body["gid"]), "");
  }
  dtmgimp::DtmRequest request = Request("msg", NewGid("topic-msg"));
  request.set_steps(R"([{"action":"topic://nothing"}])");
  request.add_binpayloads("x");
  EXPECT_THAT(Rpc("Submit", request), IsGrpc(13, HasSubstr("topic not found")));
}

// Deleting and making a topic again counts at once (11.1 #12).
TEST_F(Topics, DeletedAndMadeAgain) {
  const std::string topic = NewGid("topic");
  ASSERT_THAT(Subscribe(topic, Url("/old")), IsSuccess());
  std::string gid;
  ASSERT_THAT(Send(topic, gid), IsSuccess());
  ASSERT_THAT(Delete(topic), IsSuccess());
  const auto send_once = [&] {
    gid = NewGid("topic-msg");
    nlohmann::json body = Message(gid, "/ok");
    body["steps"][0]["action"] = "topic://" + topic;
    body["wait_result"] = true;
    return Post("submit", body);
  };
  const bool stale = Differs("topic-deleted", server());
  if (stale) {
    EXPECT_THAT(send_once(), IsSuccess());
  } else {
    EXPECT_THAT(send_once(), IsError(HasSubstr("topic not found")));
  }
  ASSERT_THAT(Subscribe(topic, Url("/new")), IsSuccess());
  EXPECT_THAT(send_once(), IsSuccess());
  ASSERT_EQ(recorder().CallsOf(gid).size(), 1U);
  EXPECT_EQ(recorder().CallsOf(gid)[0].path, stale ? "/old" : "/new");
}

// A topic outlives the process.
TEST_F(Topics, AreKept) {
  Server own;
  if (!own.IsDurable()) GTEST_SKIP() << "this store keeps nothing";
  const std::string query = "/api/dtmsvr/queryKV?cat=topics&key=kept";
  ASSERT_THAT(
      Http(own.http(), "GET", "/api/dtmsvr/subscribe?topic=kept&url=http%3A%2F%2Fh%2Fone&remark=r"),
      IsSuccess());
  nlohmann::json before = Http(own.http(), "GET", query).json();
  EXPECT_EQ(before["kv"].size(), 1U);
  own.Kill();
  own.Restart();
  EXPECT_EQ(Http(own.http(), "GET", query).json(), before);
}

}  // namespace
}  // namespace saga::conformance
