// Branches that are called by JSON-RPC over HTTP (protocol 3.1, 3.3 and 4.2), and what is special
// about an XA transaction's calls over HTTP (protocol 3.2).

#include <memory>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/http/http_branch_caller.h"
#include "tests/contract/branch_caller/calls.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

using core::Outcome;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kDone[] = R"({"jsonrpc":"2.0","id":"x","result":null})";

port::BranchCall JsonRpcCallTo(int port, const std::string& path) {
  port::BranchCall call;
  call.gid = "g7";
  call.mode = core::Mode::kMessage;
  call.branch_id = "01";
  call.op = core::Op::kAction;
  call.protocol = core::Protocol::kJsonRpc;
  call.target = "http://127.0.0.1:" + std::to_string(port) + path;
  call.payload = base::MakeBytes(R"({"amount":30})");
  call.timeout = base::Seconds(10);
  return call;
}

std::unique_ptr<Participant> Answering(int status, std::string body) {
  return StartHttpParticipant(
      [=](const SeenCall&) { return Answer{.code = status, .text = body}; });
}

TEST(JsonRpcBranchCallerTest, ThePayloadIsCarriedInTheParams) {
  auto participant = Answering(200, kDone);
  adapter::HttpBranchCaller caller({.user_agent = "sagad/test"});
  port::BranchCall call = JsonRpcCallTo(participant->port(), "/api/json-rpc?a=b&method=TransIn#f");
  call.headers = {{"x-tenant", "t1"}};
  const port::BranchReply reply = CallAndWait(caller, call);
  ASSERT_EQ(reply.outcome, Outcome::kSuccess) << reply.text;
  const SeenCall seen = participant->seen().at(0);
  EXPECT_EQ(seen.verb, "POST");
  EXPECT_EQ(seen.target, "/api/json-rpc?a=b&method=TransIn");
  nlohmann::json body = nlohmann::json::parse(seen.body);
  EXPECT_TRUE(body["id"].is_string());
  EXPECT_NE(body["id"], "");
  body.erase("id");
  EXPECT_EQ(
      body.dump(),
      R"({"jsonrpc":"2.0","method":"TransIn","params":{"amount":30,"branch_id":"01","gid":"g7",)"
      R"("op":"action","trans_type":"msg"}})");
  EXPECT_THAT(seen.headers,
              UnorderedElementsAre(Pair("host", "127.0.0.1:" + std::to_string(participant->port())),
                                   Pair("content-type", "application/json"),
                                   Pair("accept", "application/json"),
                                   Pair("user-agent", "sagad/test"), Pair("x-tenant", "t1"),
                                   Pair("content-length", std::to_string(seen.body.size()))));
}

TEST(JsonRpcBranchCallerTest, EveryCallHasAnIdOfItsOwn) {
  auto participant = Answering(200, kDone);
  adapter::HttpBranchCaller first;
  const port::BranchCall call = JsonRpcCallTo(participant->port(), "/?method=M");
  ASSERT_EQ(CallAndWait(first, call).outcome, Outcome::kSuccess);
  ASSERT_EQ(CallAndWait(first, call).outcome, Outcome::kSuccess);
  adapter::HttpBranchCaller second;
  ASSERT_EQ(CallAndWait(second, call).outcome, Outcome::kSuccess);
  std::set<std::string> ids;
  for (const SeenCall& seen : participant->seen()) {
    ids.insert(nlohmann::json::parse(seen.body)["id"].get<std::string>());
  }
  EXPECT_EQ(ids.size(), 3u);
}

TEST(JsonRpcBranchCallerTest, AUrlWithoutMethodIsCalledPlainly) {
  auto participant = Answering(200, "no JSON");
  adapter::HttpBranchCaller caller;
  ASSERT_EQ(CallAndWait(caller, JsonRpcCallTo(participant->port(), "/TransIn")).outcome,
            Outcome::kSuccess);
  EXPECT_EQ(participant->seen().at(0).target,
            "/TransIn?branch_id=01&gid=g7&op=action&trans_type=msg");
  EXPECT_EQ(participant->seen().at(0).body, R"({"amount":30})");
}

TEST(JsonRpcBranchCallerTest, AnotherProtocolsUrlWithMethodIsCalledPlainly) {
  auto participant = Answering(200, "no JSON");
  adapter::HttpBranchCaller caller;
  port::BranchCall call = JsonRpcCallTo(participant->port(), "/?method=M");
  call.protocol = core::Protocol::kHttp;
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_EQ(participant->seen().at(0).body, R"({"amount":30})");
}

TEST(JsonRpcBranchCallerTest, WithoutPayloadItIsPostedToo) {
  auto participant = Answering(200, kDone);
  adapter::HttpBranchCaller caller;
  port::BranchCall call = JsonRpcCallTo(participant->port(), "/?method=M");
  call.payload = nullptr;
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  const SeenCall seen = participant->seen().at(0);
  EXPECT_EQ(seen.verb, "POST");
  EXPECT_EQ(nlohmann::json::parse(seen.body)["params"].dump(),
            R"({"branch_id":"01","gid":"g7","op":"action","trans_type":"msg"})");
}

TEST(JsonRpcBranchCallerTest, APayloadThatIsNoObjectIsUnknownAndNothingIsCalled) {
  auto participant = Answering(200, kDone);
  adapter::HttpBranchCaller caller;
  for (const std::string payload : {"[1]", "\"x\"", "\xFF\xFE", "{\"a\":\"\x80\"}"}) {
    port::BranchCall call = JsonRpcCallTo(participant->port(), "/?method=M");
    call.payload = base::MakeBytes(payload);
    const port::BranchReply reply = CallAndWait(caller, call);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_NE(reply.text.find("must be a JSON object"), std::string::npos) << reply.text;
  }
  EXPECT_TRUE(participant->seen().empty());
}

struct AnswerCase {
  int status;
  std::string body;
  Outcome outcome;
  std::string text;
};

TEST(JsonRpcBranchCallerTest, AnswersFollowTheTable) {
  const AnswerCase cases[] = {
      {200, kDone, Outcome::kSuccess, ""},
      {200, R"({"error":{"code":-32901,"message":"no"}})", Outcome::kFailure, "no FAILURE"},
      {200, R"({"error":{"code":-32902,"message":"wait"}})", Outcome::kOngoing, "wait ONGOING"},
      {200, R"({"error":{"code":-32603,"message":"boom"}})", Outcome::kUnknown,
       R"({"error":{"code":-32603,"message":"boom"}})"},
      {200, R"({"error":"boom"})", Outcome::kUnknown, R"({"error":"boom"})"},
      // Status and words are looked at first (protocol 4.1).
      {200, R"({"result":"ONGOING"})", Outcome::kOngoing, R"({"result":"ONGOING"} ONGOING)"},
      {200, R"({"error":{"code":-32902,"message":"FAILURE"}})", Outcome::kFailure,
       R"({"error":{"code":-32902,"message":"FAILURE"}} FAILURE)"},
      {409, "{}", Outcome::kFailure, "{} FAILURE"},
      {425, "{}", Outcome::kOngoing, "{} ONGOING"},
      {500, R"({"error":{"code":-32901}})", Outcome::kUnknown, R"({"error":{"code":-32901}})"},
      {201, kDone, Outcome::kUnknown, kDone},
      {200, "", Outcome::kUnknown, "the JSON-RPC answer is not a JSON object:"},
      {200, "[]", Outcome::kUnknown, "the JSON-RPC answer is not a JSON object: []"},
  };
  for (const AnswerCase& expected : cases) {
    auto participant = Answering(expected.status, expected.body);
    adapter::HttpBranchCaller caller;
    const port::BranchReply reply =
        CallAndWait(caller, JsonRpcCallTo(participant->port(), "/?method=M"));
    EXPECT_EQ(OutcomeWord(reply.outcome), OutcomeWord(expected.outcome))
        << expected.status << " " << expected.body;
    EXPECT_EQ(reply.text, expected.text) << expected.status << " " << expected.body;
  }
}

TEST(JsonRpcBranchCallerTest, ALongAnswerIsUnderstood) {
  const std::string long_result = R"({"result":")" + std::string(1 << 20, 'x') + "\"";
  adapter::HttpBranchCaller caller;
  auto good = Answering(200, long_result + "}");
  EXPECT_EQ(CallAndWait(caller, JsonRpcCallTo(good->port(), "/?method=M")).outcome,
            Outcome::kSuccess);
  auto bad = Answering(200, long_result + R"(,"error":{"code":-32901,"message":"no"}})");
  EXPECT_EQ(CallAndWait(caller, JsonRpcCallTo(bad->port(), "/?method=M")).text, "no FAILURE");
  auto longest = Answering(200, R"({"result":")" + std::string(5 << 20, 'x') + "\"}");
  const port::BranchReply reply = CallAndWait(caller, JsonRpcCallTo(longest->port(), "/?method=M"));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text.find("kMaxJsonRpcReplyBytes"), std::string::npos) << reply.text;
}

TEST(JsonRpcBranchCallerTest, APlainCallAfterItIsPlain) {
  auto participant = Answering(200, "no JSON");
  adapter::HttpBranchCaller caller;
  // On the same handle.
  ASSERT_EQ(CallAndWait(caller, JsonRpcCallTo(participant->port(), "/?method=M")).outcome,
            Outcome::kUnknown);
  EXPECT_EQ(CallAndWait(caller, JsonRpcCallTo(participant->port(), "/plain")).outcome,
            Outcome::kSuccess);
}

TEST(XaBranchCallerTest, PhaseTwoIsPostedWithoutABody) {
  auto participant = Answering(200, "");
  adapter::HttpBranchCaller caller;
  port::BranchCall call = JsonRpcCallTo(participant->port(), "/xa");
  call.protocol = core::Protocol::kHttp;
  call.mode = core::Mode::kXa;
  call.op = core::Op::kCommit;
  call.payload = nullptr;
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  const SeenCall seen = participant->seen().at(0);
  EXPECT_EQ(seen.verb, "POST");
  EXPECT_EQ(seen.target, "/xa?branch_id=01&gid=g7&op=commit&trans_type=xa");
  EXPECT_EQ(seen.body, "");
  EXPECT_THAT(seen.headers, testing::Contains(Pair("content-length", "0")));
}

}  // namespace
}  // namespace saga::tests
