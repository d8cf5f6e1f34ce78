// What is special about calling over gRPC: the shape of the call (protocol 3.4) and the meaning of
// every status (protocol 4.3).

#include "orchestrator/adapter/grpc/grpc_branch_caller.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

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
using testing::Key;
using testing::Not;
using testing::Pair;

port::BranchCall GrpcCallTo(int port) {
  port::BranchCall call;
  call.gid = "gid-1";
  call.mode = core::Mode::kSaga;
  call.branch_id = "01";
  call.op = core::Op::kAction;
  call.protocol = core::Protocol::kGrpc;
  call.target = "127.0.0.1:" + std::to_string(port) + "/busi.Busi/TransIn";
  call.payload = base::MakeBytes("payload");
  call.timeout = base::Seconds(10);
  return call;
}

struct StatusCase {
  int code;
  const char* message;
  Outcome outcome;
  const char* text;
  port::Reach reach = port::Reach::kAnswered;
  core::DeadReason hopeless = core::DeadReason::kNone;
};

std::ostream& operator<<(std::ostream& out, const StatusCase& status) {
  return out << status.code << " '" << status.message << "'";
}

class GrpcOutcomeTest : public testing::TestWithParam<StatusCase> {};

TEST_P(GrpcOutcomeTest, FollowsTheTable) {
  const StatusCase& expected = GetParam();
  auto participant = StartGrpcParticipant(
      [&](const SeenCall&) { return Answer{.code = expected.code, .text = expected.message}; });
  adapter::GrpcBranchCaller caller;
  const port::BranchReply reply = CallAndWait(caller, GrpcCallTo(participant->port()));
  EXPECT_EQ(OutcomeWord(reply.outcome), OutcomeWord(expected.outcome));
  EXPECT_EQ(reply.text, expected.text);
  EXPECT_EQ(static_cast<int>(reply.reach), static_cast<int>(expected.reach));
  EXPECT_EQ(static_cast<int>(reply.hopeless), static_cast<int>(expected.hopeless));
}

INSTANTIATE_TEST_SUITE_P(
    Table, GrpcOutcomeTest,
    testing::Values(
        StatusCase{0, "", Outcome::kSuccess, ""},
        StatusCase{1, "m", Outcome::kUnknown, "rpc error: code = Canceled desc = m",
                   Reach::kUnreachable},
        StatusCase{2, "m", Outcome::kUnknown, "rpc error: code = Unknown desc = m"},
        StatusCase{2, "FAILURE", Outcome::kUnknown, "rpc error: code = Unknown desc = FAILURE"},
        StatusCase{3, "m", Outcome::kUnknown, "rpc error: code = InvalidArgument desc = m",
                   Reach::kAnswered, DeadReason::kContract},
        StatusCase{4, "m", Outcome::kUnknown, "rpc error: code = DeadlineExceeded desc = m",
                   Reach::kTimedOut},
        StatusCase{5, "m", Outcome::kUnknown, "rpc error: code = NotFound desc = m"},
        StatusCase{6, "m", Outcome::kUnknown, "rpc error: code = AlreadyExists desc = m"},
        StatusCase{7, "m", Outcome::kUnknown, "rpc error: code = PermissionDenied desc = m"},
        StatusCase{8, "m", Outcome::kUnknown, "rpc error: code = ResourceExhausted desc = m"},
        StatusCase{9, "m", Outcome::kOngoing, "m ONGOING"},
        StatusCase{9, "", Outcome::kOngoing, "ONGOING"},
        StatusCase{10, "m", Outcome::kFailure, "m FAILURE"},
        StatusCase{10, "m FAILURE", Outcome::kFailure, "m FAILURE"},
        StatusCase{10, "", Outcome::kFailure, "FAILURE"},
        StatusCase{10, "ONGOING", Outcome::kOngoing, "ONGOING"},
        StatusCase{10, "ONGOING later", Outcome::kFailure, "ONGOING later FAILURE"},
        StatusCase{10, " ONGOING", Outcome::kFailure, "ONGOING FAILURE"},
        StatusCase{10, "\xE5\xBA\x93\xE5\xAD\x98", Outcome::kFailure,
                   "\xE5\xBA\x93\xE5\xAD\x98 FAILURE"},
        StatusCase{11, "m", Outcome::kUnknown, "rpc error: code = OutOfRange desc = m",
                   Reach::kAnswered, DeadReason::kContract},
        StatusCase{12, "m", Outcome::kUnknown, "rpc error: code = Unimplemented desc = m",
                   Reach::kAnswered, DeadReason::kUnknownMethod},
        StatusCase{13, "m", Outcome::kUnknown, "rpc error: code = Internal desc = m"},
        StatusCase{14, "m", Outcome::kUnknown, "rpc error: code = Unavailable desc = m",
                   Reach::kUnreachable},
        StatusCase{15, "m", Outcome::kUnknown, "rpc error: code = DataLoss desc = m"},
        StatusCase{16, "m", Outcome::kUnknown, "rpc error: code = Unauthenticated desc = m"},
        // What PHP services send.
        StatusCase{409, "m", Outcome::kFailure, "m FAILURE"},
        StatusCase{425, "m", Outcome::kOngoing, "m ONGOING"},
        StatusCase{500, "m", Outcome::kUnknown, "rpc error: code = Code(500) desc = m"}));

TEST(GrpcBranchCallerTest, TheParticipantSeesMethodMetadataAndHeaders) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller({.user_agent = "sagad/test"});
  port::BranchCall call = GrpcCallTo(participant->port());
  call.gid = "a gid-'  '~";
  call.mode = core::Mode::kMessage;
  call.op = core::Op::kQuery;
  call.branch_id = "00";
  call.headers = {{"Test_Header", "Yes it is"},
                  {"x.tenant", ""},
                  {"trace-BIN", std::string("\x00\xFF\n", 3)},
                  // gRPC's own business: left out.
                  {"grpc-timeout", "1n"},
                  {"Content-Type", "text/plain"},
                  {"TE", "gzip"},
                  {"User-Agent", "other"},
                  {"Transfer-Encoding", "chunked"}};
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  ASSERT_EQ(participant->seen().size(), 1u);
  const SeenCall seen = participant->seen()[0];
  EXPECT_EQ(seen.target, "/busi.Busi/TransIn");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"dtm-gid", "a gid-'  '~"},
      {"dtm-trans_type", "msg"},
      {"dtm-branch_id", "00"},
      {"dtm-op", "msg"},
      {"dtm-dtm", ""},
      {"test_header", "Yes it is"},
      {"x.tenant", ""},
      {"trace-bin", std::string("\x00\xFF\n", 3)}};
  for (const auto& [name, value] : expected) EXPECT_THAT(seen.headers, Contains(Pair(name, value)));
  EXPECT_THAT(seen.headers, Not(Contains(Key("transfer-encoding"))));
  EXPECT_THAT(seen.headers, Not(Contains(Pair("user-agent", "other"))));
  EXPECT_THAT(seen.headers,
              Contains(Pair("user-agent", testing::StartsWith("sagad/test grpc-c++/"))));
  EXPECT_EQ(seen.headers.count("dtm-gid"), 1u);
}

TEST(GrpcBranchCallerTest, WithoutHeadersNoneArrive) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  ASSERT_EQ(CallAndWait(caller, GrpcCallTo(participant->port())).outcome, Outcome::kSuccess);
  const SeenCall seen = participant->seen().at(0);
  for (const auto& [name, value] : seen.headers) {
    EXPECT_TRUE(name.starts_with("dtm-") || name == "user-agent") << name << ": " << value;
  }
}

TEST(GrpcBranchCallerTest, EveryModeAndOpHasItsWord) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  const std::vector<std::pair<core::Op, std::string>> ops = {{core::Op::kAction, "action"},
                                                             {core::Op::kCompensate, "compensate"},
                                                             {core::Op::kConfirm, "confirm"},
                                                             {core::Op::kCancel, "cancel"},
                                                             {core::Op::kQuery, "msg"}};
  for (const auto& [op, word] : ops) {
    port::BranchCall call = GrpcCallTo(participant->port());
    call.op = op;
    call.mode = core::Mode::kTcc;
    ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
    EXPECT_THAT(participant->seen().back().headers, Contains(Pair("dtm-op", word)));
    EXPECT_THAT(participant->seen().back().headers, Contains(Pair("dtm-trans_type", "tcc")));
  }
}

TEST(GrpcBranchCallerTest, AGidThatIsNoMetadataIsUnknown) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  for (const std::string gid : {"\xE6\x97\xA5", "a\nb", "a\x7F"}) {
    port::BranchCall call = GrpcCallTo(participant->port());
    call.gid = gid;
    const port::BranchReply reply = CallAndWait(caller, call);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_NE(reply.text.find("gid"), std::string::npos) << reply.text;
  }
  EXPECT_TRUE(participant->seen().empty());
}

TEST(GrpcBranchCallerTest, AWorkflowIsCalledBackByItsName) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  port::BranchCall call = GrpcCallTo(participant->port());
  call.mode = core::Mode::kWorkflow;
  call.op = core::Op::kCallback;
  call.op_name = "pay for it";
  ASSERT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_THAT(participant->seen().at(0).headers, Contains(Pair("dtm-op", "pay for it")));
  EXPECT_THAT(participant->seen().at(0).headers, Contains(Pair("dtm-trans_type", "workflow")));
  // A name that is no metadata would stop the process.
  for (const std::string name : {"\xE6\x97\xA5", "a\nb", "a\x7F"}) {
    call.op_name = name;
    const port::BranchReply reply = CallAndWait(caller, call);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_NE(reply.text.find("op cannot be sent"), std::string::npos) << reply.text;
  }
  EXPECT_EQ(participant->seen().size(), 1u);
}

TEST(GrpcBranchCallerTest, ALargeReplyIsNotLookedAt) {
  auto participant = StartGrpcParticipant(
      [](const SeenCall&) { return Answer{.reply = std::string(3 << 20, 'F')}; });
  adapter::GrpcBranchCaller caller;
  EXPECT_EQ(CallAndWait(caller, GrpcCallTo(participant->port())).outcome, Outcome::kSuccess);
}

TEST(GrpcBranchCallerTest, ChannelsBeyondTheLimitAreLetGo) {
  auto first = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  auto second = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller({.max_channels = 1});
  Calls calls;
  for (int i = 0; i < 20; ++i) {
    calls.Start(caller, GrpcCallTo(first->port()));
    calls.Start(caller, GrpcCallTo(second->port()));
  }
  ASSERT_TRUE(calls.AllEnded());
  for (size_t i = 0; i < 40; ++i)
    EXPECT_EQ(calls.Reply(i).outcome, Outcome::kSuccess) << calls.Reply(i).text;
}

TEST(GrpcBranchCallerTest, NamesAreResolved) {
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  port::BranchCall call = GrpcCallTo(0);
  call.target = "localhost:" + std::to_string(participant->port()) + "/busi.Busi/TransIn";
  EXPECT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
}

TEST(GrpcBranchCallerTest, ProxiesOfTheEnvironmentAreNotUsed) {
  const std::string proxy = "http://127.0.0.1:" + std::to_string(UnusedPort());
  ASSERT_EQ(setenv("http_proxy", proxy.c_str(), 1), 0);
  auto participant = StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  adapter::GrpcBranchCaller caller;
  EXPECT_EQ(CallAndWait(caller, GrpcCallTo(participant->port())).outcome, Outcome::kSuccess);
  ASSERT_EQ(unsetenv("http_proxy"), 0);
}

}  // namespace
}  // namespace saga::tests
