#include "orchestrator/api/json_rpc_envelope.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

std::string Error(std::string_view body) {
  const absl::Status decoded = DecodeJsonRpcEnvelope(body).decoded;
  return decoded.ok() ? "accepted" : std::string(decoded.message());
}

// The params of {"params":`text`}, read back.
std::string ParamsOf(const std::string& text) {
  return DecodeJsonRpcEnvelope("{\"params\":" + text + "}").params;
}

TEST(DecodeJsonRpcEnvelope, ReadsEveryField) {
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope(
      R"({"jsonrpc":"2.0","id":"no-use","method":"submit","params":{"gid":"g7"}})");
  EXPECT_TRUE(call.decoded.ok()) << call.decoded;
  EXPECT_EQ(call.jsonrpc, "2.0");
  EXPECT_EQ(call.id, "no-use");
  EXPECT_EQ(call.method, "submit");
  EXPECT_EQ(call.params, R"({"gid":"g7"})");
}

TEST(DecodeJsonRpcEnvelope, ParamsAreAsTheyWereSent) {
  for (const std::string params :
       {"{}", "[]", "[1, 2]", "{ \"a\" : [ {\"b\":\"}]\\\"\"} ] }", "null", "true", "false", "7",
        "-1", "\"text\"", "\"q\\\"uote\"", "{\"steps\":[{\"action\":\"\xE6\x97\xA5\"}]}"}) {
    EXPECT_EQ(ParamsOf(params), params);
    EXPECT_EQ(ParamsOf("  " + params + "\n"), params);
  }
  EXPECT_EQ(DecodeJsonRpcEnvelope("{}").params, "null");
}

TEST(DecodeJsonRpcEnvelope, OrderAndSpellingOfKeysDoNotMatter) {
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope(
      R"({"PARAMS":{"x":{"id":"no","method":"no","params":1}},"more":[{"id":3}],"Id":"1",)"
      R"("m\u0065thod":"abort","JsonRpc":"2.0"})");
  EXPECT_TRUE(call.decoded.ok()) << call.decoded;
  EXPECT_EQ(call.jsonrpc, "2.0");
  EXPECT_EQ(call.id, "1");
  EXPECT_EQ(call.method, "abort");
  EXPECT_EQ(call.params, R"({"x":{"id":"no","method":"no","params":1}})");
}

TEST(DecodeJsonRpcEnvelope, TheLastOfSeveralCounts) {
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope(
      R"({"id":"1","params":{"a":1},"method":"a","id":"2","method":null,"params":[2]})");
  EXPECT_EQ(call.id, "2");
  EXPECT_EQ(call.method, "a");  // null is "not said"
  EXPECT_EQ(call.params, "[2]");
  EXPECT_EQ(DecodeJsonRpcEnvelope(R"({"params":{"a":1},"params":null})").params, "null");
}

TEST(DecodeJsonRpcEnvelope, NullIsAnEmptyCall) {
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope("null");
  EXPECT_TRUE(call.decoded.ok());
  EXPECT_EQ(call.id, "");
}

TEST(DecodeJsonRpcEnvelope, WrongTypesAreRefusedAndTheRestIsRead) {
  const JsonRpcEnvelope call =
      DecodeJsonRpcEnvelope(R"({"method":["submit"],"id":"1","jsonrpc":2.0})");
  EXPECT_EQ(call.decoded.message(),
            "json: cannot unmarshal array into field method of type string");
  EXPECT_EQ(call.id, "1");
  EXPECT_EQ(Error(R"({"id":1})"), "json: cannot unmarshal number into field id of type string");
  EXPECT_EQ(Error(R"({"jsonrpc":true})"),
            "json: cannot unmarshal bool into field jsonrpc of type string");
  EXPECT_EQ(Error(R"({"id":{}})"), "json: cannot unmarshal object into field id of type string");
}

TEST(DecodeJsonRpcEnvelope, ABatchIsRefused) {
  EXPECT_EQ(Error(R"([{"jsonrpc":"2.0","id":"1","method":"newGid"}])"),
            "json: cannot unmarshal array into the call, which is an object");
  EXPECT_EQ(Error("7"), "json: cannot unmarshal number into the call, which is an object");
}

TEST(DecodeJsonRpcEnvelope, WhatIsNoJsonIsRefused) {
  EXPECT_EQ(Error(""), "unexpected end of JSON input");
  EXPECT_EQ(Error("{"), "unexpected end of JSON input");
  EXPECT_EQ(Error(R"({"id":"1"} x)"), "the body is not JSON in UTF-8: invalid at byte 12");
  EXPECT_NE(Error("{\"id\":\"\xFF\"}").find("not JSON"), std::string::npos);
  EXPECT_NE(Error("\xEF\xBB{}").find("not JSON"), std::string::npos);
  const std::string deep(core::kMaxJsonDepth + 1, '[');
  EXPECT_NE(Error("{\"params\":" + deep).find("kMaxJsonDepth"), std::string::npos);
}

TEST(DecodeJsonRpcEnvelope, AByteOrderMarkDoesNotShiftTheParams) {
  EXPECT_EQ(DecodeJsonRpcEnvelope("\xEF\xBB\xBF{\"params\":{\"a\":[1]}}").params, R"({"a":[1]})");
}

TEST(DecodeJsonRpcEnvelope, MegabytesOfParamsArriveWhole) {
  const std::string params = "{\"payloads\":[\"" + std::string(3 << 20, 'x') + "\"]}";
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope(
      R"({"id":"1","jsonrpc":"2.0","method":"submit","params":)" + params + "}");
  EXPECT_TRUE(call.params == params);
  const auto request = DecodeRequest(call.params, GidForm::kAsSent);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(base::Value(request->payloads.at(0)).size(), 3u << 20);
}

TEST(GidForm, AGidIsCleanedOnlyWhereItIsSaid) {
  const std::string body = R"({"gid":"a;b\nc"})";
  EXPECT_EQ(DecodeRequest(body)->gid, "abc");
  EXPECT_EQ(DecodeRequest(body, GidForm::kAsSent)->gid, "a;b\nc");
  EXPECT_EQ(DecodeRegistration(body)->gid, "abc");
  EXPECT_EQ(DecodeRegistration(body, GidForm::kAsSent)->gid, "a;b\nc");
}

TEST(ShowEnvelope, IsShort) {
  EXPECT_EQ(ShowEnvelope(DecodeJsonRpcEnvelope(R"({"method":"submit","params":{"gid":"g"}})")),
            R"({"method":"submit","jsonrpc":"","params":{"gid":"g"},"id":""})");
  const std::string body = "{\"params\":\"" + std::string(1 << 20, 'x') + "\"}";
  EXPECT_LE(ShowEnvelope(DecodeJsonRpcEnvelope(body)).size(), core::kMaxReasonLength);
}

TEST(EncodeJsonRpc, AlwaysFourKeys) {
  EXPECT_EQ(EncodeJsonRpcResult("a\"\xFF", "null"),
            "{\"error\":null,\"id\":\"a\\\"\xEF\xBF\xBD\",\"jsonrpc\":\"2.0\",\"result\":null}");
  EXPECT_EQ(EncodeJsonRpcError("1", -32603, "no \"way\"", "{}"),
            R"({"error":{"code":-32603,"message":"no \"way\""},"id":"1","jsonrpc":"2.0",)"
            R"("result":{}})");
}

}  // namespace
}  // namespace saga::api
