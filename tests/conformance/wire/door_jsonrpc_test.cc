// The JSON-RPC 2.0 endpoint (protocol 1.5).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kParseError = -32700;
constexpr int kBadRequest = -32600;
constexpr int kNoMethod = -32601;
constexpr int kError = -32603;
constexpr int kFailure = -32901;

class JsonRpc : public DoorTest {
 protected:
  static HttpAnswer Send(const std::string& body) {
    return Http(server().http(), "POST", "/api/json-rpc", body);
  }

  static HttpAnswer Call(const std::string& method, const nlohmann::json& params) {
    return Send(nlohmann::json(
                    {{"jsonrpc", "2.0"}, {"id", "no-use"}, {"method", method}, {"params", params}})
                    .dump());
  }
};

// All four keys, always.
MATCHER_P(HasResult, result, "is a JSON-RPC answer with the result and no error") {
  return arg.status == 200 && HasJsonType(arg) &&
         arg.json() ==
             nlohmann::json(
                 {{"error", nullptr}, {"id", "no-use"}, {"jsonrpc", "2.0"}, {"result", result}});
}

MATCHER_P2(HasError, code, text, "is a JSON-RPC answer with the error") {
  const nlohmann::json body = arg.json();
  if (!body.is_object() || body.size() != 4 || body.value("jsonrpc", "") != "2.0" ||
      !body["error"].is_object() || body["error"].size() != 2 || !body.contains("result")) {
    return false;
  }
  return body["error"].value("code", 0) == code &&
         testing::ExplainMatchResult(text, body["error"].value("message", ""), result_listener);
}

TEST_F(JsonRpc, NewGidIgnoresItsParams) {
  for (const nlohmann::json& params :
       {nlohmann::json(), nlohmann::json(""), nlohmann::json::array(), nlohmann::json::object(),
        nlohmann::json(7)}) {
    const HttpAnswer answer = Call("newGid", params);
    ASSERT_EQ(answer.status, 200) << params;
    EXPECT_TRUE(HasJsonType(answer));
    const nlohmann::json body = answer.json();
    EXPECT_TRUE(body["error"].is_null()) << answer.body;
    EXPECT_EQ(body["id"], "no-use");
    EXPECT_EQ(body["jsonrpc"], "2.0");
    ASSERT_TRUE(body["result"].is_object());
    EXPECT_EQ(body["result"].size(), 1U);
    EXPECT_NE(body["result"].value("gid", ""), "");
  }
}

TEST_F(JsonRpc, ParamsMayBeAbsent) {
  const nlohmann::json body = Send(R"({"jsonrpc":"2.0","id":"a","method":"newGid"})").json();
  EXPECT_NE(body["result"].value("gid", ""), "");
  EXPECT_EQ(body["id"], "a");
}

// One transaction from prepare to its end, and what the same calls say afterwards.
TEST_F(JsonRpc, Tcc) {
  const std::string gid = NewGid("rpc");
  nlohmann::json body = Bare("tcc", gid);
  body["wait_result"] = true;
  EXPECT_THAT(Call("prepare", body), HasResult(nullptr));
  EXPECT_THAT(Call("registerBranch", Branch("tcc", gid, "01", "/ok")), HasResult(nullptr));
  EXPECT_THAT(Call("submit", body), HasResult(nullptr));
  EXPECT_EQ(StatusOf(gid), "succeed");
  EXPECT_EQ(Query(gid)["branches"].size(), 2U);

  EXPECT_THAT(Call("prepare", body),
              HasError(kFailure, "current status 'succeed', cannot prepare. FAILURE"));
  EXPECT_THAT(Call("submit", body),
              HasError(kFailure, "current status 'succeed', cannot sumbmit. FAILURE"));
  EXPECT_THAT(
      Call("abort", body),
      HasError(kFailure, "trans type: 'tcc' current status 'succeed', cannot abort. FAILURE"));
  EXPECT_THAT(Call("registerBranch", Branch("tcc", gid, "02", "/ok")),
              HasError(kFailure, "no trans with gid: " + gid + " status: prepared found FAILURE"));
}

TEST_F(JsonRpc, AbortUndoes) {
  const std::string gid = Open("tcc", "prepared");
  nlohmann::json body = Bare("tcc", gid);
  body["rollback_reason"] = "changed my mind";
  EXPECT_THAT(Call("abort", body), HasResult(nullptr));
  EXPECT_TRUE(WaitForStatus(gid, "failed"));
  EXPECT_EQ(Query(gid)["transaction"]["rollback_reason"], "changed my mind");
}

TEST_F(JsonRpc, FailureIs32901AndEverythingElse32603) {
  nlohmann::json body = Saga(NewGid("rpc"), "/fail");
  body["wait_result"] = true;
  EXPECT_THAT(Call("submit", body), HasError(kFailure, HasSubstr("no funds")));
  EXPECT_THAT(Call("abort", Bare("tcc", "nobody")),
              HasError(kError, "no TransGlobal with gid: nobody found"));
  EXPECT_THAT(Call("registerBranch", {{"gid", "nobody"}, {"trans_type", "sagas"}}),
              HasError(kError, "unknow trans type: sagas"));
  // The mapping of ongoing is there but switched off.
  const std::string gid = NewGid("rpc");
  ASSERT_THAT(Call("prepare", Bare("tcc", gid)), HasResult(nullptr));
  ASSERT_THAT(Call("registerBranch", Branch("tcc", gid, "01", "/ongoing")), HasResult(nullptr));
  nlohmann::json waiting = Bare("tcc", gid);
  waiting["wait_result"] = true;
  EXPECT_THAT(Call("submit", waiting), HasError(kError, "ONGOING"));
}

// A returned error has {} as its result, what DTM calls a panic has null. Clients look at `error`.
TEST_F(JsonRpc, TheResultOfAnErrorIsNothing) {
  EXPECT_EQ(Call("registerBranch", Branch("tcc", "nobody", "01", "/ok")).json()["result"],
            nlohmann::json::object());
  const nlohmann::json result = Call("submit", "text").json()["result"];
  EXPECT_TRUE(result.is_null() || result.empty()) << result;
}

TEST_F(JsonRpc, BodyThatIsNoEnvelope) {
  for (const char* body : {"\"hello\"", "", "{", "[]", "7", "nonsense",
                           R"([{"jsonrpc":"2.0","id":"1","method":"newGid"}])",
                           R"({"jsonrpc":"2.0","id":1,"method":"newGid"})",
                           R"({"jsonrpc":2.0,"id":"1","method":"newGid"})",
                           R"({"jsonrpc":"2.0","id":"1","method":["newGid"]})"}) {
    const HttpAnswer answer = Send(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer, HasError(kParseError, StartsWith("Parse json error: "))) << body;
    EXPECT_TRUE(answer.json()["result"].is_null()) << body;
  }
}

TEST_F(JsonRpc, EnvelopeThatIsNotAllowed) {
  for (const char* body : {R"({"jsonrpc":"1.0","id":"1","method":"newGid"})",
                           R"({"jsonrpc":"2.0","id":"","method":"newGid"})",
                           R"({"jsonrpc":"2.0","id":null,"method":"newGid"})",
                           R"({"jsonrpc":"2.0","method":"newGid"})",
                           R"({"id":"1","method":"newGid"})", "{}", "null"}) {
    const HttpAnswer answer = Send(body);
    EXPECT_EQ(answer.status, 200) << body;
    EXPECT_THAT(answer, HasError(kBadRequest, StartsWith("Bad json request: "))) << body;
  }
  EXPECT_EQ(Send(R"({"jsonrpc":"1.0","id":"its id","method":"newGid"})").json()["id"], "its id");
}

TEST_F(JsonRpc, OtherMethods) {
  for (const char* method :
       {"nothing", "query", "forceStop", "prepareWorkflow", "subscribe", "", "NewGid", "newgid"}) {
    const HttpAnswer answer = Call(method, {{"gid", "a"}});
    EXPECT_EQ(answer.status, 200) << method;
    EXPECT_THAT(answer, HasError(kNoMethod, std::string("Method not found: ") + method));
  }
}

TEST_F(JsonRpc, ParamsOfTheWrongShape) {
  for (const nlohmann::json& params :
       {nlohmann::json("text"), nlohmann::json::array(), nlohmann::json(7)}) {
    for (const char* method : {"prepare", "submit", "abort", "registerBranch"}) {
      const HttpAnswer answer = Call(method, params);
      EXPECT_EQ(answer.status, 200);
      EXPECT_THAT(answer, HasError(kError, Not(""))) << method << " " << params;
    }
  }
  EXPECT_THAT(Call("registerBranch", {{"gid", 1}}), HasError(kError, HasSubstr("unmarshal")));
  nlohmann::json body = Bare("msg", NewGid("rpc"));
  body["timeout_to_fail"] = "5";
  EXPECT_THAT(Call("submit", body), HasError(kError, HasSubstr("timeout_to_fail")));
}

// As everywhere: keys in any case, the last of several, unknown ones passed over.
TEST_F(JsonRpc, TolerantEnvelope) {
  EXPECT_EQ(Send(R"({"JSONRPC":"2.0","ID":"7","Method":"newGid"})").json()["id"], "7");
  EXPECT_EQ(Send(R"({"jsonrpc":"2.0","id":"7","id":"8","method":"newGid"})").json()["id"], "8");
  EXPECT_EQ(
      Send(R"({"jsonrpc":"2.0","id":"7","method":"newGid","more":[1]})").json()["result"].size(),
      1U);
  EXPECT_EQ(Send("\n{\n  \"jsonrpc\": \"2.0\",\n  \"id\": \"7\",\n  \"method\": \"newGid\"\n}\n")
                .json()["id"],
            "7");
}

// A gid of this door and of gRPC is taken as it is; over HTTP line ends and semicolons are taken
// out (2.1). Asking for it gives it as it is, too.
TEST_F(JsonRpc, GidIsNotCleaned) {
  const std::string gid = "a;" + NewGid("rpc");
  ASSERT_THAT(Call("prepare", Bare("tcc", gid)), HasResult(nullptr));
  ASSERT_EQ(StatusOf(gid), "prepared");
  EXPECT_THAT(Call("abort", Bare("tcc", gid)), HasResult(nullptr));
  EXPECT_TRUE(WaitForStatus(gid, "failed"));
  const std::string grpc_gid = "a;" + NewGid("grpc");
  ASSERT_THAT(Rpc("Prepare", Request("tcc", grpc_gid)), IsGrpc(0, ""));
  EXPECT_EQ(StatusOf(grpc_gid), "prepared");
}

// TestMsgJrpcRepeated.
TEST_F(JsonRpc, AMessageIsSubmittedOnce) {
  nlohmann::json body = Message(NewGid("rpc-msg"), "/ok");
  body["wait_result"] = true;
  EXPECT_THAT(Call("submit", body), HasResult(nullptr));
  EXPECT_THAT(Call("submit", body),
              HasError(kFailure, "current status 'succeed', cannot sumbmit. FAILURE"));
}

TEST_F(JsonRpc, ServesABranchCallOfItsOwnProtocol) {
  const std::string gid = NewGid("rpc-msg");
  nlohmann::json body = Message(gid, "/api/json-rpc?method=TransIn");
  body["protocol"] = "json-rpc";
  body["wait_result"] = true;
  EXPECT_THAT(Call("submit", body), HasResult(nullptr));
  const auto calls = recorder().CallsOf(gid);
  ASSERT_EQ(calls.size(), 1U);
  const nlohmann::json sent = nlohmann::json::parse(calls[0].body);
  EXPECT_EQ(sent["method"], "TransIn");
  EXPECT_EQ(sent["params"]["amount"], 30);
}

}  // namespace
}  // namespace saga::conformance
