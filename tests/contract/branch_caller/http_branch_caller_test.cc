// What is special about calling over HTTP: the shape of the call (protocol 3.2) and the meaning of
// every answer (protocol 4.1).

#include "orchestrator/adapter/http/http_branch_caller.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/branch_caller/calls.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

using core::DeadReason;
using core::Outcome;
using port::Reach;
using testing::Contains;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string UrlOf(int port, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

port::BranchCall HttpCallTo(int port, const std::string& path = "/TransIn") {
  port::BranchCall call;
  call.gid = "gid-1";
  call.mode = core::Mode::kSaga;
  call.branch_id = "01";
  call.op = core::Op::kAction;
  call.protocol = core::Protocol::kHttp;
  call.target = UrlOf(port, path);
  call.payload = base::MakeBytes("{}");
  call.timeout = base::Seconds(10);
  return call;
}

struct AnswerCase {
  int status;
  const char* body;
  Outcome outcome;
  const char* text;
  port::Reach reach = port::Reach::kAnswered;
  core::DeadReason hopeless = core::DeadReason::kNone;
};

std::ostream& operator<<(std::ostream& out, const AnswerCase& answer) {
  return out << answer.status << " '" << answer.body << "'";
}

class HttpOutcomeTest : public testing::TestWithParam<AnswerCase> {};

TEST_P(HttpOutcomeTest, FollowsTheTable) {
  const AnswerCase& expected = GetParam();
  auto participant = StartHttpParticipant(
      [&](const SeenCall&) { return Answer{.code = expected.status, .text = expected.body}; });
  adapter::HttpBranchCaller caller;
  const port::BranchReply reply = CallAndWait(caller, HttpCallTo(participant->port()));
  EXPECT_EQ(OutcomeWord(reply.outcome), OutcomeWord(expected.outcome));
  EXPECT_EQ(reply.text, expected.text);
  EXPECT_EQ(static_cast<int>(reply.reach), static_cast<int>(expected.reach));
  EXPECT_EQ(static_cast<int>(reply.hopeless), static_cast<int>(expected.hopeless));
}

INSTANTIATE_TEST_SUITE_P(
    Table, HttpOutcomeTest,
    testing::Values(
        AnswerCase{200, "", Outcome::kSuccess, ""},
        AnswerCase{200, R"({"dtm_result":"SUCCESS"})", Outcome::kSuccess, ""},
        AnswerCase{200, "failure ongoing Failure", Outcome::kSuccess, ""},
        AnswerCase{425, "", Outcome::kOngoing, "ONGOING"},
        AnswerCase{425, "wait", Outcome::kOngoing, "wait ONGOING"},
        AnswerCase{200, R"({"dtm_result":"ONGOING"})", Outcome::kOngoing,
                   R"({"dtm_result":"ONGOING"} ONGOING)"},
        AnswerCase{500, "xONGOINGx", Outcome::kOngoing, "xONGOINGx ONGOING"},
        // Ongoing is looked for first.
        AnswerCase{409, "ONGOING", Outcome::kOngoing, "ONGOING"},
        AnswerCase{425, "FAILURE", Outcome::kOngoing, "FAILURE ONGOING"},
        AnswerCase{200, "FAILURE ONGOING", Outcome::kOngoing, "FAILURE ONGOING"},
        AnswerCase{409, "", Outcome::kFailure, "FAILURE"},
        AnswerCase{409, R"({"error":"x"})", Outcome::kFailure, R"({"error":"x"} FAILURE)"},
        AnswerCase{200, R"({"dtm_result":"FAILURE"})", Outcome::kFailure,
                   R"({"dtm_result":"FAILURE"} FAILURE)"},
        AnswerCase{422, "no stock FAILURE", Outcome::kFailure, "no stock FAILURE"},
        AnswerCase{500, "FAILURE", Outcome::kFailure, "FAILURE"},
        AnswerCase{201, "made", Outcome::kUnknown, "made"},
        AnswerCase{202, "", Outcome::kUnknown, "HTTP status 202"},
        AnswerCase{204, "", Outcome::kUnknown, "HTTP status 204"},
        AnswerCase{304, "", Outcome::kUnknown, "HTTP status 304"},
        AnswerCase{400, " bad\r\n", Outcome::kUnknown, "bad", Reach::kAnswered,
                   DeadReason::kContract},
        AnswerCase{401, "who", Outcome::kUnknown, "who"},
        AnswerCase{404, "404 page not found", Outcome::kUnknown, "404 page not found",
                   Reach::kAnswered, DeadReason::kUnknownMethod},
        AnswerCase{407, "proxy", Outcome::kUnknown, "proxy"},
        AnswerCase{417, "expect", Outcome::kUnknown, "expect"},
        AnswerCase{429, "slow", Outcome::kUnknown, "slow"},
        AnswerCase{500, "boom", Outcome::kUnknown, "boom"},
        AnswerCase{502, "", Outcome::kUnknown, "HTTP status 502", Reach::kUnreachable},
        AnswerCase{503, "x", Outcome::kUnknown, "x", Reach::kUnreachable},
        AnswerCase{504, "x", Outcome::kUnknown, "x", Reach::kUnreachable},
        AnswerCase{405, "x", Outcome::kUnknown, "x", Reach::kAnswered, DeadReason::kUnknownMethod},
        AnswerCase{413, "x", Outcome::kUnknown, "x", Reach::kAnswered, DeadReason::kContract},
        AnswerCase{415, "x", Outcome::kUnknown, "x", Reach::kAnswered, DeadReason::kContract},
        AnswerCase{422, "x", Outcome::kUnknown, "x", Reach::kAnswered, DeadReason::kContract},
        AnswerCase{501, "x", Outcome::kUnknown, "x", Reach::kAnswered,
                   DeadReason::kUnknownMethod}));

TEST(HttpBranchCallerTest, APayloadIsPosted) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller({.user_agent = "sagad/test"});
  port::BranchCall call = HttpCallTo(participant->port(), "/api/busi/TransIn");
  call.payload = base::MakeBytes(R"({"amount":30})");
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  const SeenCall seen = participant->seen().at(0);
  EXPECT_EQ(seen.verb, "POST");
  EXPECT_EQ(seen.target, "/api/busi/TransIn?branch_id=01&gid=gid-1&op=action&trans_type=saga");
  EXPECT_EQ(seen.body, R"({"amount":30})");
  EXPECT_THAT(seen.headers,
              UnorderedElementsAre(Pair("host", "127.0.0.1:" + std::to_string(participant->port())),
                                   Pair("content-type", "application/json"),
                                   Pair("accept", "application/json"),
                                   Pair("user-agent", "sagad/test"), Pair("content-length", "13")));
}

TEST(HttpBranchCallerTest, NoPayloadIsGot) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller({.user_agent = "sagad/test"});
  // A handle that posted before must not post again.
  ASSERT_EQ(CallAndWait(caller, HttpCallTo(participant->port())).outcome, Outcome::kSuccess);
  port::BranchCall call = HttpCallTo(participant->port());
  call.payload = nullptr;
  call.mode = core::Mode::kMessage;
  call.op = core::Op::kQuery;
  call.branch_id = "00";
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  const SeenCall seen = participant->seen().at(1);
  EXPECT_EQ(seen.verb, "GET");
  EXPECT_EQ(seen.target, "/TransIn?branch_id=00&gid=gid-1&op=msg&trans_type=msg");
  EXPECT_THAT(
      seen.headers,
      UnorderedElementsAre(Pair("host", "127.0.0.1:" + std::to_string(participant->port())),
                           Pair("content-type", "application/json"),
                           Pair("accept", "application/json"), Pair("user-agent", "sagad/test")));
}

struct UrlCase {
  const char* path;
  const char* seen;  // up to "branch_id"
};

TEST(HttpBranchCallerTest, QueryParametersJoinTheUrl) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller;
  for (const UrlCase url :
       {UrlCase{"", "/?"}, UrlCase{"/", "/?"}, UrlCase{"/a?", "/a?"}, UrlCase{"/a?b=c", "/a?b=c&"},
        UrlCase{"/a?gid=mine", "/a?gid=mine&"}, UrlCase{"?b=c", "/?b=c&"},
        UrlCase{"/a#fragment", "/a?"}, UrlCase{"/a?b=c#f?g", "/a?b=c&"},
        UrlCase{"/a/../b/./c", "/a/../b/./c?"}, UrlCase{"/a%2Fb", "/a%2Fb?"},
        UrlCase{"/a b", "/a%20b?"}, UrlCase{"/\xE6\x97\xA5", "/%E6%97%A5?"}}) {
    ASSERT_EQ(CallAndWait(caller, HttpCallTo(participant->port(), url.path)).outcome,
              Outcome::kSuccess)
        << url.path;
    EXPECT_EQ(participant->seen().back().target,
              std::string(url.seen) + "branch_id=01&gid=gid-1&op=action&trans_type=saga");
  }
}

TEST(HttpBranchCallerTest, QueryParametersAreEncoded) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller;
  port::BranchCall call = HttpCallTo(participant->port());
  call.gid = "a-'  '&b=c#%\r\n+\xE6\x97\xA5~._";
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_EQ(participant->seen().at(0).target,
            "/TransIn?branch_id=01&gid=a-%27++%27%26b%3Dc%23%25%0D%0A%2B%E6%97%A5~._&op=action&"
            "trans_type=saga");
}

TEST(HttpBranchCallerTest, HeadersOfTheTransactionOverrideOurs) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller;
  port::BranchCall call = HttpCallTo(participant->port());
  call.headers = {{"test_header", "Yes: it is; really"},
                  {"empty", ""},
                  {"content-type", "application/x-protobuf"},
                  {"USER-AGENT", "mine"},
                  // The transport's business: left out.
                  {"Host", "elsewhere"},
                  {"content-length", "1"},
                  {"Transfer-Encoding", "chunked"},
                  {"Expect", "100-continue"},
                  {"Connection", "close"}};
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_THAT(participant->seen().at(0).headers,
              UnorderedElementsAre(Pair("host", "127.0.0.1:" + std::to_string(participant->port())),
                                   Pair("content-type", "application/x-protobuf"),
                                   Pair("accept", "application/json"), Pair("user-agent", "mine"),
                                   Pair("content-length", "2"),
                                   Pair("test_header", "Yes: it is; really"), Pair("empty", "")));
  // The next call, on the same handle, has none of them.
  ASSERT_EQ(CallAndWait(caller, HttpCallTo(participant->port())).outcome, Outcome::kSuccess);
  EXPECT_EQ(participant->seen().at(1).headers.count("test_header"), 0u);
}

TEST(HttpBranchCallerTest, ALargePayloadIsSentWithoutAskingFirst) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller;
  port::BranchCall call = HttpCallTo(participant->port());
  call.payload = base::MakeBytes(std::string(2 << 20, 'x'));
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_EQ(participant->seen().at(0).headers.count("expect"), 0u);
}

// A participant that sends every call from /from to `location` with `status`.
std::unique_ptr<Participant> Redirecting(int status, std::string location) {
  return StartHttpParticipant([=](const SeenCall& call) {
    if (!call.target.starts_with("/from")) return Answer{.code = 200};
    return Answer{.code = status, .text = "moved, no FAILURE", .headers = {{"Location", location}}};
  });
}

TEST(HttpBranchCallerTest, RedirectsThatChangeTheMethodAreFollowed) {
  for (const int status : {301, 302, 303}) {
    auto participant = Redirecting(status, "/to");
    adapter::HttpBranchCaller caller;
    const port::BranchReply reply = CallAndWait(caller, HttpCallTo(participant->port(), "/from"));
    EXPECT_EQ(reply.outcome, Outcome::kSuccess) << status << reply.text;
    ASSERT_EQ(participant->seen().size(), 2u) << status;
    EXPECT_EQ(participant->seen()[1].verb, "GET");
    EXPECT_EQ(participant->seen()[1].target, "/to");
    EXPECT_EQ(participant->seen()[1].body, "");
  }
}

TEST(HttpBranchCallerTest, RedirectsThatKeepTheMethodAreFollowed) {
  for (const int status : {307, 308}) {
    auto participant = Redirecting(status, "/to");
    adapter::HttpBranchCaller caller;
    EXPECT_EQ(CallAndWait(caller, HttpCallTo(participant->port(), "/from")).outcome,
              Outcome::kSuccess)
        << status;
    ASSERT_EQ(participant->seen().size(), 2u) << status;
    EXPECT_EQ(participant->seen()[1].verb, "POST");
    EXPECT_EQ(participant->seen()[1].body, "{}");
  }
}

TEST(HttpBranchCallerTest, RedirectsInACircleAreUnknown) {
  auto participant = Redirecting(302, "/from");
  adapter::HttpBranchCaller caller;
  EXPECT_EQ(CallAndWait(caller, HttpCallTo(participant->port(), "/from")).outcome,
            Outcome::kUnknown);
  EXPECT_LE(participant->seen().size(), 11u);
}

TEST(HttpBranchCallerTest, RedirectsToOtherProtocolsAreUnknown) {
  for (const char* location :
       {"file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"}) {
    auto participant = Redirecting(302, location);
    adapter::HttpBranchCaller caller;
    EXPECT_EQ(CallAndWait(caller, HttpCallTo(participant->port(), "/from")).outcome,
              Outcome::kUnknown)
        << location;
  }
}

TEST(HttpBranchCallerTest, AWordAtTheEndOfALongBodyCounts) {
  for (const size_t size : {100u, 16'380u, 65'530u, 1'000'000u}) {
    const std::string body = std::string(size, 'x') + "FAILURE";
    auto participant =
        StartHttpParticipant([&](const SeenCall&) { return Answer{.code = 200, .text = body}; });
    adapter::HttpBranchCaller caller;
    const port::BranchReply reply = CallAndWait(caller, HttpCallTo(participant->port()));
    EXPECT_EQ(reply.outcome, Outcome::kFailure) << size;
    EXPECT_LE(reply.text.size(), 64u << 10);
    EXPECT_TRUE(reply.text.ends_with("FAILURE"));
  }
}

TEST(HttpBranchCallerTest, ABodyThatBreaksOffIsUnknownWhateverItSays) {
  auto participant = StartHttpParticipant([](const SeenCall&) {
    return Answer{.kind = Answer::Kind::kHangUp,
                  .text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nFAILURE"};
  });
  adapter::HttpBranchCaller caller;
  EXPECT_EQ(CallAndWait(caller, HttpCallTo(participant->port())).outcome, Outcome::kUnknown);
}

TEST(HttpBranchCallerTest, AnswersThatAreNotHttpAreUnknown) {
  for (const char* text : {"", "SSH-2.0-OpenSSH\r\n", "FAILURE", "HTTP/9.9 200\r\n\r\n"}) {
    auto participant = StartHttpParticipant(
        [text](const SeenCall&) { return Answer{.kind = Answer::Kind::kHangUp, .text = text}; });
    adapter::HttpBranchCaller caller;
    EXPECT_EQ(CallAndWait(caller, HttpCallTo(participant->port())).outcome, Outcome::kUnknown)
        << text;
  }
}

TEST(HttpBranchCallerTest, ProxiesOfTheEnvironmentAreNotUsed) {
  const std::string proxy = "http://127.0.0.1:" + std::to_string(UnusedPort());
  ASSERT_EQ(setenv("http_proxy", proxy.c_str(), 1), 0);
  ASSERT_EQ(setenv("ALL_PROXY", proxy.c_str(), 1), 0);
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller;
  const port::BranchReply reply = CallAndWait(caller, HttpCallTo(participant->port()));
  EXPECT_EQ(reply.outcome, Outcome::kSuccess) << reply.text;
  ASSERT_EQ(unsetenv("http_proxy"), 0);
  ASSERT_EQ(unsetenv("ALL_PROXY"), 0);
}

TEST(HttpBranchCallerTest, ACallThatWaitsForAPlaceTimesOutToo) {
  auto participant =
      StartHttpParticipant([](const SeenCall&) { return Answer{.kind = Answer::Kind::kHang}; });
  adapter::HttpBranchCaller caller({.max_active = 1});
  Calls calls;
  port::BranchCall call = HttpCallTo(participant->port());
  call.timeout = base::Seconds(20);
  calls.Start(caller, call);
  const absl::Time begin = absl::Now();
  call.timeout = base::Millis(100);
  const port::BranchReply reply = CallAndWait(caller, call);
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_LE(absl::Now() - begin, absl::Seconds(10));
  EXPECT_EQ(calls.ended(), 0u);
  participant->Kill();
  EXPECT_TRUE(calls.AllEnded());
}

TEST(HttpBranchCallerTest, CallsBeyondTheLimitWaitTheirTurn) {
  auto participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::HttpBranchCaller caller({.max_active = 2, .max_idle_connections = 2});
  Calls calls;
  for (int i = 0; i < 300; ++i) calls.Start(caller, HttpCallTo(participant->port()));
  ASSERT_TRUE(calls.AllEnded());
  for (size_t i = 0; i < 300; ++i)
    EXPECT_EQ(calls.Reply(i).outcome, Outcome::kSuccess) << calls.Reply(i).text;
  EXPECT_LE(participant->connections(), 2u);
}

}  // namespace
}  // namespace saga::tests
