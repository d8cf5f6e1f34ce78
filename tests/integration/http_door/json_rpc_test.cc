// DTM's calls by JSON-RPC against the real engine: what is called, and what is answered
// (protocol 1.5).

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/http_door/http_door.h"

namespace saga::integration {
namespace {

using core::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Json = nlohmann::json;

constexpr char kPath[] = "/api/json-rpc";
constexpr char kDone[] = R"({"error":null,"id":"no-use","jsonrpc":"2.0","result":null})";

class JsonRpcTest : public ::testing::Test {
 protected:
  Reply Call(const std::string& method, const Json& params) {
    return door_.Post(
        kPath,
        Json{{"jsonrpc", "2.0"}, {"id", "no-use"}, {"method", method}, {"params", params}}.dump());
  }

  void ExpectDone(const Reply& reply) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, kDone);
    EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
  }

  void ExpectError(const Reply& reply, int status, int code, const std::string& message,
                   const Json& result, const std::string& id = "no-use") {
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
    const Json answer = reply.Json();
    ASSERT_TRUE(answer.is_object()) << reply.body;
    EXPECT_EQ(answer.size(), 4u) << reply.body;
    EXPECT_EQ(answer["jsonrpc"], "2.0");
    EXPECT_EQ(answer["id"], id);
    EXPECT_EQ(answer["result"], result) << reply.body;
    EXPECT_EQ(answer["error"].size(), 2u) << reply.body;
    EXPECT_EQ(answer["error"]["code"], code) << reply.body;
    EXPECT_THAT(answer["error"]["message"].get<std::string>(), HasSubstr(message));
  }

  HttpDoor door_;
};

TEST_F(JsonRpcTest, NewGid) {
  for (const Json& params : {Json(nullptr), Json::object(), Json(7), Json::array({1})}) {
    const Json answer = Call("newGid", params).Json();
    EXPECT_EQ(answer["result"]["gid"].get<std::string>().size(), 22u) << answer;
    EXPECT_TRUE(answer["error"].is_null());
    EXPECT_EQ(answer["id"], "no-use");
    EXPECT_EQ(answer.size(), 4u);
  }
}

// The trace of protocol 12.
TEST_F(JsonRpcTest, AMessageWhoseBranchesAreJsonRpcToo) {
  const Reply reply = door_.Post(
      kPath,
      R"({"jsonrpc":"2.0","id":"no-use","method":"submit","params":{"gid":"g7","trans_type":"msg",)"
      R"("protocol":"json-rpc","steps":[{"action":"http://b/api/json-rpc?method=TransIn"}],)"
      R"("payloads":["{\"amount\":30}"],"concurrent":false,"wait_result":true}})");
  ExpectDone(reply);
  ASSERT_EQ(door_.caller().FullCalls().size(), 1u);
  const port::BranchCall call = door_.caller().FullCalls()[0];
  EXPECT_EQ(call.protocol, core::Protocol::kJsonRpc);
  EXPECT_EQ(call.target, "http://b/api/json-rpc?method=TransIn");
  EXPECT_EQ(base::Value(call.payload), R"({"amount":30})");
  EXPECT_EQ(door_.Query("g7")["transaction"]["protocol"], "json-rpc");
}

TEST_F(JsonRpcTest, ATccFromPrepareToConfirm) {
  ExpectDone(Call("prepare", Request("g", "tcc", 0)));
  ExpectDone(Call("registerBranch", Branch("g", "01")));
  ExpectDone(Call("registerBranch", Branch("g", "02")));
  ExpectDone(Call("submit", {{"gid", "g"}, {"trans_type", "tcc"}, {"wait_result", true}}));
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("confirm http://b/confirm02", "confirm http://b/confirm01"));
}

TEST_F(JsonRpcTest, ATccThatIsAborted) {
  ExpectDone(Call("prepare", Request("g", "tcc", 0)));
  ExpectDone(Call("registerBranch", Branch("g", "01")));
  ExpectDone(Call("abort", {{"gid", "g"}, {"trans_type", "tcc"}}));
  EXPECT_TRUE(door_.Reaches("g", "failed"));
  ExpectError(Call("submit", {{"gid", "g"}, {"trans_type", "tcc"}}), 200, -32901,
              "current status 'failed', cannot sumbmit. FAILURE", Json::object());
  ExpectError(Call("registerBranch", Branch("g", "02")), 200, -32901,
              "no trans with gid: g status: prepared found FAILURE", Json::object());
}

TEST_F(JsonRpcTest, ASagaThatFails) {
  door_.caller().Script("http://b/act1", {{Outcome::kFailure, "no stock FAILURE"}});
  ExpectError(Call("submit", Request("g", "saga", 1)), 200, -32901,
              "url:http://b/act1 return failed: no stock FAILURE", Json::object());
}

TEST_F(JsonRpcTest, OngoingIsAnErrorWithoutACodeOfItsOwn) {
  door_.caller().Script("http://b/confirm01", {{Outcome::kOngoing, "ONGOING"}});
  ExpectDone(Call("prepare", Request("g", "tcc", 0)));
  ExpectDone(Call("registerBranch", Branch("g", "01")));
  ExpectError(Call("submit", Request("g", "tcc", 0)), 200, -32603, "ONGOING", Json::object());
}

TEST_F(JsonRpcTest, BodiesThatAreNoCall) {
  ExpectError(door_.Post(kPath, ""), 400, -32700, "Parse json error: unexpected end", nullptr, "");
  ExpectError(door_.Post(kPath, "garbage"), 400, -32700, "Parse json error: ", nullptr, "");
  ExpectError(door_.Post(kPath, "[]"), 400, -32700, "cannot unmarshal array", nullptr, "");
  ExpectError(door_.Post(kPath, R"({"jsonrpc":"2.0","id":1,"method":"newGid"})"), 400, -32700,
              "Parse json error: json: cannot unmarshal number into field id of type string",
              nullptr, "");
  ExpectError(door_.Post(kPath, R"({"jsonrpc":"2.0","method":"newGid"})"), 200, -32600,
              R"(Bad json request: {"method":"newGid","jsonrpc":"2.0","params":null,"id":""})",
              nullptr, "");
  ExpectError(door_.Post(kPath, R"({"jsonrpc":"1.0","id":"a","method":"newGid"})"), 200, -32600,
              "Bad json request: ", nullptr, "a");
  ExpectError(Call("query", {{"gid", "g"}}), 200, -32601, "Method not found: query", nullptr);
  ExpectError(Call("", nullptr), 200, -32601, "Method not found: ", nullptr);
  EXPECT_EQ(door_.Get(kPath).status, 404);
}

TEST_F(JsonRpcTest, ParamsThatCannotBeServed) {
  ExpectError(Call("submit", nullptr), 200, -32603, "unknown trans_type ''", nullptr);
  ExpectError(Call("submit", Json::array()), 200, -32603, "cannot unmarshal array", nullptr);
  ExpectError(Call("prepare", "text"), 200, -32603, "cannot unmarshal string", nullptr);
  ExpectError(Call("submit", {{"gid", 7}}), 200, -32603,
              "json: cannot unmarshal number into field gid of type string", nullptr);
  ExpectError(Call("abort", {{"gid", "none"}, {"trans_type", "tcc"}}), 200, -32603,
              "no TransGlobal with gid: none found", nullptr);
  ExpectError(Call("registerBranch", {{"gid", "g"}, {"trans_type", 1}}), 200, -32603,
              "cannot unmarshal number", nullptr);
  ExpectError(Call("registerBranch", {{"gid", "g"}, {"trans_type", "saga"}, {"branch_id", "01"}}),
              200, -32603, "unknow trans type: saga", Json::object());
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
}

TEST_F(JsonRpcTest, AGidIsTakenAsItIs) {
  ExpectDone(Call("submit", Request("a;b", "saga", 1)));
  EXPECT_EQ(door_.caller().FullCalls().at(0).gid, "a;b");
  EXPECT_EQ(door_.Query("a%3Bb")["transaction"]["gid"], "a;b");
  EXPECT_EQ(door_.Get("/api/dtmsvr/all?gid=a%3Bb").Json()["transactions"][0]["gid"], "a;b");
  // One that came over HTTP is found by what was sent, too.
  ASSERT_EQ(door_.Call("submit", Request("c;d", "saga", 1)).status, 200);
  EXPECT_EQ(door_.Query("c%3Bd")["transaction"]["gid"], "cd");
  EXPECT_EQ(door_.Get("/api/dtmsvr/all?gid=c%3Bd").Json()["transactions"][0]["gid"], "cd");
  EXPECT_TRUE(door_.Query("e%3Bf")["transaction"].is_null());
  EXPECT_TRUE(door_.Query("%3B")["transaction"].is_null());
  ExpectError(Call("submit", Request("a\nb", "saga", 1)), 200, -32603, "control character",
              nullptr);
}

TEST_F(JsonRpcTest, AStoreThatFailsIsAnError) {
  door_.store().FailCommits("disk full");
  ExpectError(Call("prepare", Request("g", "tcc", 0)), 200, -32603, "disk full", Json::object());
  door_.store().Heal();
  ExpectDone(Call("prepare", Request("g2", "tcc", 0)));
}

}  // namespace
}  // namespace saga::integration
