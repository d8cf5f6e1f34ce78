// The text of JSON-RPC calls and answers (protocol 3.3 and 4.2).

#include "orchestrator/adapter/http/http_json_rpc.h"

#include <string>

#include "gtest/gtest.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

using core::Outcome;

port::BranchCall CallTo(const std::string& target, const std::string& payload = "") {
  port::BranchCall call;
  call.gid = "g7";
  call.mode = core::Mode::kMessage;
  call.branch_id = "01";
  call.op = core::Op::kAction;
  call.protocol = core::Protocol::kJsonRpc;
  call.target = target;
  call.payload = base::MakeBytes(payload);
  return call;
}

// The body of a call with `payload`; "error: ..." when it cannot be worded.
std::string BodyWith(const std::string& payload) {
  const JsonRpcBody body = MakeJsonRpcBody(CallTo("http://b/?method=M", payload), 5);
  return body.error.empty() ? base::Value(body.text) : "error: " + body.error;
}

std::string MethodIn(const std::string& target) {
  const std::string body = base::Value(MakeJsonRpcBody(CallTo(target), 1).text);
  const std::string mark = R"("method":")";
  const size_t begin = body.find(mark);
  if (begin == std::string::npos) return "no method in " + body;
  return body.substr(begin + mark.size(), body.find(R"(","params")") - begin - mark.size());
}

constexpr char kNoFields[] =
    R"({"id":"g7-5","jsonrpc":"2.0","method":"M","params":{"branch_id":"01","gid":"g7",)"
    R"("op":"action","trans_type":"msg"}})";

TEST(IsJsonRpc, NeedsTheProtocolAndTheWord) {
  EXPECT_TRUE(IsJsonRpc(CallTo("http://b/api?method=M")));
  // The word counts wherever it stands.
  EXPECT_TRUE(IsJsonRpc(CallTo("http://b/method")));
  EXPECT_FALSE(IsJsonRpc(CallTo("http://b/api?Method=M")));
  EXPECT_FALSE(IsJsonRpc(CallTo("http://b/api")));
  for (const auto protocol : {core::Protocol::kHttp, core::Protocol::kGrpc}) {
    port::BranchCall call = CallTo("http://b/api?method=M");
    call.protocol = protocol;
    EXPECT_FALSE(IsJsonRpc(call)) << core::WordOf(protocol);
  }
}

TEST(MakeJsonRpcBody, IsTheProtocolsByteForByte) {
  EXPECT_EQ(BodyWith(R"({"amount":30})"),
            R"({"id":"g7-5","jsonrpc":"2.0","method":"M","params":{"amount":30,"branch_id":"01",)"
            R"("gid":"g7","op":"action","trans_type":"msg"}})");
}

TEST(MakeJsonRpcBody, NoPayloadIsNoFields) {
  for (const char* payload : {"", "null", " null\n", "{}", " { } "}) {
    EXPECT_EQ(BodyWith(payload), kNoFields) << payload;
  }
}

TEST(MakeJsonRpcBody, OurFieldsReplaceThePayloads) {
  EXPECT_EQ(BodyWith(R"({"gid":"x","op":1,"branch_id":[],"trans_type":{}})"), kNoFields);
}

TEST(MakeJsonRpcBody, OpMayBeAName) {
  port::BranchCall call = CallTo("http://b/?method=M");
  call.op = core::Op::kCallback;
  call.op_name = "pay \"it\"";
  EXPECT_NE(base::Value(MakeJsonRpcBody(call, 1).text).find(R"("op":"pay \"it\"")"),
            std::string::npos);
}

TEST(MakeJsonRpcBody, CallsOfATransactionAreToldApart) {
  const port::BranchCall call = CallTo("http://b/?method=M");
  EXPECT_NE(*MakeJsonRpcBody(call, 1).text, *MakeJsonRpcBody(call, 2).text);
}

TEST(MakeJsonRpcBody, NumbersKeepTheirValue) {
  const std::string body =
      BodyWith(R"({"a":9007199254740993,"b":18446744073709551615,"c":-1.5,"d":1e3})");
  EXPECT_NE(body.find(R"("a":9007199254740993,"b":18446744073709551615)"), std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("c":-1.5,"d":1000.0)"), std::string::npos) << body;
}

TEST(MakeJsonRpcBody, WhatIsNoObjectCannotBeSent) {
  for (const std::string payload : {"[1]", "3", "\"text\"", "true", "{", "{}x", "\xFF",
                                    "{\"a\":\"\xFF\"}", "{\"a\":1e999}", "bytes \x01\x02"}) {
    EXPECT_EQ(BodyWith(payload),
              "error: the payload of a JSON-RPC call must be a JSON object in UTF-8, or empty")
        << payload;
  }
}

TEST(MakeJsonRpcBody, DepthHasALimit) {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(BodyWith(nested(core::kMaxJsonDepth)).find("error"), std::string::npos);
  EXPECT_NE(BodyWith(nested(core::kMaxJsonDepth + 1)).find("kMaxJsonDepth"), std::string::npos);
  EXPECT_NE(BodyWith(nested(400'000)).find("kMaxJsonDepth"), std::string::npos);
}

TEST(MakeJsonRpcBody, AGidThatIsNotUtf8DoesNoHarm) {
  port::BranchCall call = CallTo("http://b/?method=%FF");
  call.gid = "a\xFF";
  EXPECT_NE(base::Value(MakeJsonRpcBody(call, 1).text).find(R"("gid":"a)"), std::string::npos);
}

TEST(MakeJsonRpcBody, TheMethodIsTheUrls) {
  EXPECT_EQ(MethodIn("http://b/api?method=TransIn"), "TransIn");
  EXPECT_EQ(MethodIn("http://b/api?a=1&method=TransIn&b=2"), "TransIn");
  EXPECT_EQ(MethodIn("http://b/api?method=first&method=second"), "first");
  EXPECT_EQ(MethodIn("http://b/api?%6Dethod=a%20b+c%2Fd"), "a b c/d");
  EXPECT_EQ(MethodIn("http://b/api?method=a=b"), "a=b");
  EXPECT_EQ(MethodIn("http://b/api?method=M#method=fragment"), "M");
  EXPECT_EQ(MethodIn("http://b/api?method=%zz&method=%4&method=a;b&method=M"), "M");
  EXPECT_EQ(MethodIn("http://b/api?method=&method=M"), "");
  EXPECT_EQ(MethodIn("http://b/method"), "");
  EXPECT_EQ(MethodIn("http://b/api?methods=x&xmethod=y"), "");
  EXPECT_EQ(MethodIn("http://b/api?method"), "");
  EXPECT_EQ(MethodIn("http://b/api?&&method=M&"), "M");
  EXPECT_EQ(MethodIn("http://b/api#?method=M"), "");
}

struct ReplyCase {
  std::string body;
  Outcome outcome;
  std::string text;
};

TEST(JsonRpcReply, FollowsTheTable) {
  const std::string not_object = "the JSON-RPC answer is not a JSON object: ";
  const ReplyCase cases[] = {
      {R"({"jsonrpc":"2.0","id":"1","result":{"a":1}})", Outcome::kSuccess, ""},
      {R"({"result":null,"error":null})", Outcome::kSuccess, ""},
      {"{}", Outcome::kSuccess, ""},
      {R"({"error":{"code":-32901,"message":"no stock"}})", Outcome::kFailure, "no stock FAILURE"},
      {R"({"error":{"message":"no stock","code":-32901.0}})", Outcome::kFailure,
       "no stock FAILURE"},
      {R"({"error":{"code":-32901}})", Outcome::kFailure, R"({"error":{"code":-32901}} FAILURE)"},
      {R"({"error":{"code":-32902,"message":"wait"}})", Outcome::kOngoing, "wait ONGOING"},
      {R"({"error":{"code":-32603,"message":"boom"}})", Outcome::kUnknown,
       R"({"error":{"code":-32603,"message":"boom"}})"},
      // A code must be a number, of the error itself.
      {R"({"error":{"code":"-32901"}})", Outcome::kUnknown, R"({"error":{"code":"-32901"}})"},
      {R"({"error":{"data":{"code":-32901}}})", Outcome::kUnknown,
       R"({"error":{"data":{"code":-32901}}})"},
      {R"({"error":{"code":{"code":-32901}}})", Outcome::kUnknown,
       R"({"error":{"code":{"code":-32901}}})"},
      {R"({"error":[{"code":-32901}]})", Outcome::kUnknown, R"({"error":[{"code":-32901}]})"},
      {R"({"code":-32901,"error":{}})", Outcome::kUnknown, R"({"code":-32901,"error":{}})"},
      {R"({"result":{"error":{"code":-32901}}})", Outcome::kSuccess, ""},
      // An error that is no object.
      {R"({"error":"boom"})", Outcome::kUnknown, R"({"error":"boom"})"},
      {R"({"error":false})", Outcome::kUnknown, R"({"error":false})"},
      {R"({"error":0})", Outcome::kUnknown, R"({"error":0})"},
      // The last of several counts.
      {R"({"error":{"code":-32901},"error":null})", Outcome::kSuccess, ""},
      {R"({"error":null,"error":{"code":-32902,"message":"w"}})", Outcome::kOngoing, "w ONGOING"},
      {"", Outcome::kUnknown, "the JSON-RPC answer is not a JSON object:"},
      {"null", Outcome::kUnknown, not_object + "null"},
      {"[]", Outcome::kUnknown, not_object + "[]"},
      {"ok", Outcome::kUnknown, not_object + "ok"},
      {"{}{}", Outcome::kUnknown, not_object + "{}{}"},
      {"{\"a\":\"\xFF\"}", Outcome::kUnknown, not_object + "{\"a\":\"?\"}"},
  };
  for (const ReplyCase& expected : cases) {
    const port::BranchReply reply = JsonRpcReply(expected.body);
    EXPECT_EQ(core::WordOf(reply.outcome), core::WordOf(expected.outcome)) << expected.body;
    EXPECT_EQ(reply.text, expected.text) << expected.body;
  }
}

TEST(JsonRpcReply, SaysWhereAskingAgainIsOfNoUse) {
  using core::DeadReason;
  const std::pair<std::string, DeadReason> cases[] = {
      {R"({"error":{"code":-32601}})", DeadReason::kUnknownMethod},
      {R"({"error":{"code":-32600}})", DeadReason::kContract},
      {R"({"error":{"code":-32602}})", DeadReason::kContract},
      {R"({"error":{"code":-32700}})", DeadReason::kContract},
      {R"({"error":{"code":-32603}})", DeadReason::kNone},
      {R"({"error":{"code":-32901}})", DeadReason::kNone},
      {R"({"error":"boom"})", DeadReason::kNone},
      {"{}", DeadReason::kNone},
      {"ok", DeadReason::kUndecodable},
  };
  for (const auto& [body, hopeless] : cases) {
    const port::BranchReply reply = JsonRpcReply(body);
    EXPECT_EQ(reply.hopeless, hopeless) << body;
    EXPECT_EQ(reply.reach, port::Reach::kAnswered) << body;
  }
}

TEST(JsonRpcReply, DepthIsNoTrouble) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(JsonRpcReply("{\"result\":" + deep + "}").outcome, Outcome::kSuccess);
  EXPECT_EQ(JsonRpcReply("{\"error\":" + deep + "}").outcome, Outcome::kUnknown);
}

TEST(JsonRpcReply, LengthHasALimit) {
  const auto padded = [](size_t size) { return "{}" + std::string(size - 2, ' '); };
  EXPECT_EQ(JsonRpcReply(padded(kMaxJsonRpcReplyBytes)).outcome, Outcome::kSuccess);
  const port::BranchReply reply = JsonRpcReply(padded(kMaxJsonRpcReplyBytes + 1));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text.find("kMaxJsonRpcReplyBytes"), std::string::npos) << reply.text;
}

}  // namespace
}  // namespace saga::adapter
