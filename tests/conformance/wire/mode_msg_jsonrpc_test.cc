// JSON-RPC branches (protocol 3.3, 4.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class JsonRpcCalls : public ModeTest {
 protected:
  // One plain HTTP receiver, one that is called by JSON-RPC.
  Json RpcMsg(const Json& more = Json::object()) const {
    Json body =
        Msg({{"protocol", "json-rpc"},
             {"steps",
              {{{"action", Url("plain")}}, {{"action", Url("rpc") + "?method=TransIn&x=1"}}}}});
    body.update(more);
    return body;
  }

  // A saga of one JSON-RPC action whose client waits.
  HttpAnswer SubmitSaga(const std::string& gid, const Reply& reply,
                        const std::string& payload = kPayload) {
    Answers("rpc", {reply});
    return Post("submit",
                Saga({{"gid", gid},
                      {"protocol", "json-rpc"},
                      {"wait_result", true},
                      {"retry_interval", 60},
                      {"steps", Json::array({{{"action", Url("rpc") + "?method=TransIn"}}})},
                      {"payloads", Json::array({payload})}}));
  }
};

TEST_F(JsonRpcCalls, TheParamsAreThePayloadAndTheFourNames) {
  ASSERT_TRUE(IsSuccess(Post("submit", RpcMsg({{"branch_headers", {{"test_header", "x"}}}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].query, absl::StrCat("branch_id=01&gid=", gid(), "&op=action&trans_type=msg"));
  EXPECT_EQ(calls[0].body, kPayload);
  EXPECT_EQ(calls[1].method, "POST");
  EXPECT_EQ(calls[1].query, "method=TransIn&x=1");
  EXPECT_EQ(calls[1].headers.at("content-type"), "application/json");
  EXPECT_EQ(calls[1].headers.at("test_header"), "x");
  Json body = Json::parse(calls[1].body);
  EXPECT_GT(body["id"].get<std::string>().size(), 10u);
  body.erase("id");
  EXPECT_EQ(body, (Json{{"jsonrpc", "2.0"},
                        {"method", "TransIn"},
                        {"params",
                         {{"amount", 30},
                          {"branch_id", "02"},
                          {"gid", gid()},
                          {"op", "action"},
                          {"trans_type", "msg"}}}}));
}

// Only a target that speaks of a method is called by JSON-RPC.
TEST_F(JsonRpcCalls, TheCheckBackIsAGet) {
  ASSERT_TRUE(IsSuccess(Post("prepare", RpcMsg())));
  ASSERT_TRUE(Ends("succeed"));
  ASSERT_EQ(Calls().size(), 3u);
  EXPECT_EQ(Calls()[0].method, "GET");
  EXPECT_EQ(CallNames()[0], "00 msg");
}

TEST_F(JsonRpcCalls, InATransactionOfHttpAMethodIsAnyParameter) {
  ASSERT_TRUE(IsSuccess(Post("submit", RpcMsg({{"protocol", "http"}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Calls().at(1).query, absl::StrCat("method=TransIn&x=1&branch_id=02&gid=", gid(),
                                              "&op=action&trans_type=msg"));
  EXPECT_EQ(Calls().at(1).body, kPayload);
}

TEST_F(JsonRpcCalls, AResultIsASuccess) {
  const std::string gid = AnotherGid();
  EXPECT_TRUE(IsSuccess(
      SubmitSaga(gid, {.body = R"({"jsonrpc":"2.0","id":"1","result":{},"error":null})"})));
  EXPECT_TRUE(IsSuccess(SubmitSaga(AnotherGid(), {.body = "{}"})));
  EXPECT_EQ(StatusOf(gid), "succeed");
}

TEST_F(JsonRpcCalls, TheWordsAndStatusesCountFirst) {
  std::string gid = AnotherGid();
  const std::string target = Url("rpc") + "?method=TransIn";
  EXPECT_TRUE(IsFailure(SubmitSaga(gid, Failure("no")),
                        absl::StrCat("url:", target, " return failed: no FAILURE")));
  EXPECT_EQ(StatusOf(gid), "failed");
  gid = AnotherGid();
  EXPECT_EQ(SubmitSaga(gid, {.body = R"({"error":{"code":-1,"message":"FAILURE"}})"}).status, 409);
  EXPECT_EQ(StatusOf(gid), "failed");
  gid = AnotherGid();
  EXPECT_TRUE(IsFailure(SubmitSaga(gid, {.body = R"({"error":{"code":{"ONGOING":1}}})"}), kNotYet));
  EXPECT_EQ(StatusOf(gid), "submitted");
}

TEST_F(JsonRpcCalls, AnErrorIsAnUnknownResult) {
  for (const char* const body : {R"({"error":{"code":-32603,"message":"broken"}})",
                                 R"({"error":{"code":"x"}})", R"({"error":{}})"}) {
    SCOPED_TRACE(body);
    const std::string gid = AnotherGid();
    EXPECT_TRUE(IsFailure(SubmitSaga(gid, {.body = body}), kNotYet));
    EXPECT_EQ(StatusOf(gid), "submitted");
  }
}

// Errors of any shape are got over: delivered when the receiver has come to its senses.
TEST_F(JsonRpcCalls, AnErrorIsRepeated) {
  Answers("rpc", {{.body = R"({"error":{"code":{"FAILURE":-32901,"ONGOING":-32902}}})"},
                  {.body = R"({"error":{"code":-32603,"message":"broken"}})"},
                  {.body = R"({"result":null})"}});
  ASSERT_TRUE(IsSuccess(Post("submit", RpcMsg())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action", "02 action", "02 action"));
}

// What is no object cannot carry the four names: never called.
TEST_F(JsonRpcCalls, APayloadThatIsNoObjectIsNotCalled) {
  for (const char* const payload : {"[1]", "\"text\"", "not JSON"}) {
    SCOPED_TRACE(payload);
    const std::string gid = AnotherGid();
    EXPECT_NE(SubmitSaga(gid, {}, payload).status, 200);
    EXPECT_NE(StatusOf(gid), "succeed");
    EXPECT_TRUE(recorder().CallsOf(gid).empty());
  }
}

TEST_F(JsonRpcCalls, WithoutPayloadTheParamsAreTheFourNames) {
  for (const char* const payload : {"", "null"}) {
    SCOPED_TRACE(payload);
    const std::string gid = AnotherGid();
    const HttpAnswer answer = SubmitSaga(gid, {}, payload);
    const std::vector<Call> calls = recorder().CallsOf(gid);
    if (Differs("json-rpc-empty-params", server())) {
      EXPECT_NE(answer.status, 200);
      EXPECT_TRUE(calls.empty());
      continue;
    }
    EXPECT_TRUE(IsSuccess(answer));
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(Json::parse(calls[0].body)["params"],
              (Json{{"branch_id", "01"}, {"gid", gid}, {"op", "action"}, {"trans_type", "saga"}}));
  }
}

TEST_F(JsonRpcCalls, ATccIsConfirmedByJsonRpc) {
  const Json body = Body("tcc", {{"protocol", "json-rpc"}, {"wait_result", true}});
  ASSERT_TRUE(IsSuccess(Post("prepare", body)));
  Json branch = TccBranch("01");
  branch["confirm"] = Url("rpc") + "?method=Confirm";
  ASSERT_TRUE(IsSuccess(Post("registerBranch", branch)));
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_EQ(Calls().size(), 1u);
  EXPECT_EQ(Json::parse(Calls()[0].body)["params"]["op"], "confirm");
  EXPECT_EQ(Rows(), "PS");
}

}  // namespace
}  // namespace saga::conformance
