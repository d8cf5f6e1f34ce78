// What port/branch_caller.h promises, on every implementation of it, against real servers.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/decorator/routed_caller.h"
#include "orchestrator/adapter/grpc/grpc_branch_caller.h"
#include "orchestrator/adapter/http/http_branch_caller.h"
#include "orchestrator/core/target.h"
#include "tests/contract/branch_caller/calls.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

using core::Outcome;
using core::Transport;

class BranchCallerContractTest : public testing::TestWithParam<Transport> {
 protected:
  bool IsGrpc() const { return GetParam() == Transport::kGrpc; }

  std::unique_ptr<port::BranchCaller> NewCaller() const {
    if (IsGrpc()) return std::make_unique<adapter::GrpcBranchCaller>();
    return std::make_unique<adapter::HttpBranchCaller>();
  }

  std::unique_ptr<Participant> Start(Participant::Handler handler, int port = 0) const {
    return IsGrpc() ? StartGrpcParticipant(std::move(handler), port)
                    : StartHttpParticipant(std::move(handler), port);
  }

  Answer Success() const { return {.code = IsGrpc() ? 0 : 200}; }
  Answer Failure(std::string text) const {
    return {.code = IsGrpc() ? 10 : 409, .text = std::move(text)};
  }
  static Answer Hang() { return {.kind = Answer::Kind::kHang}; }

  port::BranchCall CallTo(int port) const {
    port::BranchCall call;
    call.gid = "gid-1";
    call.mode = core::Mode::kSaga;
    call.branch_id = "01";
    call.op = core::Op::kAction;
    call.protocol = IsGrpc() ? core::Protocol::kGrpc : core::Protocol::kHttp;
    const std::string address = "127.0.0.1:" + std::to_string(port);
    call.target = IsGrpc() ? address + "/busi.Busi/TransIn" : "http://" + address + "/TransIn";
    call.payload = base::MakeBytes("payload");
    call.timeout = base::Seconds(10);
    return call;
  }
};

TEST_P(BranchCallerContractTest, SuccessReachesTheParticipantOnceWithThePayloadAsItIs) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  const std::string payload("\x00\x01\xFF{\"amount\":30}\r\n\x80", 19);
  call.payload = base::MakeBytes(payload);
  const port::BranchReply reply = CallAndWait(*caller, call);
  EXPECT_EQ(reply.outcome, Outcome::kSuccess);
  EXPECT_EQ(reply.text, "");
  EXPECT_EQ(reply.reach, port::Reach::kAnswered);
  EXPECT_EQ(reply.hopeless, core::DeadReason::kNone);
  ASSERT_EQ(participant->seen().size(), 1u);
  EXPECT_EQ(participant->seen()[0].body, payload);
}

TEST_P(BranchCallerContractTest, AFailureCarriesTheParticipantsWords) {
  auto participant = Start([&](const SeenCall&) { return Failure("out of stock"); });
  auto caller = NewCaller();
  const port::BranchReply reply = CallAndWait(*caller, CallTo(participant->port()));
  EXPECT_EQ(reply.outcome, Outcome::kFailure);
  EXPECT_EQ(reply.text, "out of stock FAILURE");
  EXPECT_EQ(reply.reach, port::Reach::kAnswered);
  EXPECT_EQ(reply.hopeless, core::DeadReason::kNone);
}

TEST_P(BranchCallerContractTest, ALongFailureIsStillAFailure) {
  auto participant = Start([&](const SeenCall&) { return Failure(std::string(30'000, 'x')); });
  auto caller = NewCaller();
  const port::BranchReply reply = CallAndWait(*caller, CallTo(participant->port()));
  EXPECT_EQ(reply.outcome, Outcome::kFailure);
  EXPECT_TRUE(reply.text.ends_with("x FAILURE")) << reply.text.size();
}

TEST_P(BranchCallerContractTest, AnEmptyPayloadIsAnEmptyBody) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  call.payload = nullptr;
  EXPECT_EQ(CallAndWait(*caller, call).outcome, Outcome::kSuccess);
  ASSERT_EQ(participant->seen().size(), 1u);
  EXPECT_EQ(participant->seen()[0].body, "");
}

TEST_P(BranchCallerContractTest, TheLargestPayloadArrivesWhole) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  std::string payload(1 << 20, '\0');
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 31);
  call.payload = base::MakeBytes(payload);
  EXPECT_EQ(CallAndWait(*caller, call).outcome, Outcome::kSuccess);
  ASSERT_EQ(participant->seen().size(), 1u);
  EXPECT_TRUE(participant->seen()[0].body == payload);
}

TEST_P(BranchCallerContractTest, NoAnswerWithinTheTimeoutIsUnknown) {
  auto participant = Start([&](const SeenCall&) { return Hang(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  call.timeout = base::Millis(200);
  const absl::Time begin = absl::Now();
  const port::BranchReply reply = CallAndWait(*caller, call);
  const absl::Duration took = absl::Now() - begin;
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text, "");
  EXPECT_EQ(reply.reach, port::Reach::kTimedOut);
  EXPECT_GE(took, absl::Milliseconds(190));
  EXPECT_LE(took, absl::Seconds(5));
}

TEST_P(BranchCallerContractTest, NoTimeAtAllIsUnknown) {
  auto participant = Start([&](const SeenCall&) { return Hang(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  call.timeout = base::Duration{};
  const port::BranchReply reply = CallAndWait(*caller, call);
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_EQ(reply.reach, port::Reach::kTimedOut);
}

TEST_P(BranchCallerContractTest, TheLongestTimeoutIsNoTrouble) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  port::BranchCall call = CallTo(participant->port());
  call.timeout = base::Seconds(100LL * 365 * 24 * 3600);
  EXPECT_EQ(CallAndWait(*caller, call).outcome, Outcome::kSuccess);
}

TEST_P(BranchCallerContractTest, ARefusedConnectionIsUnknownAtOnce) {
  auto caller = NewCaller();
  port::BranchCall call = CallTo(UnusedPort());
  call.timeout = base::Seconds(20);
  const absl::Time begin = absl::Now();
  const port::BranchReply reply = CallAndWait(*caller, call);
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text, "");
  EXPECT_EQ(reply.reach, port::Reach::kUnreachable);
  EXPECT_EQ(reply.hopeless, core::DeadReason::kNone);
  EXPECT_LE(absl::Now() - begin, absl::Seconds(5));
}

TEST_P(BranchCallerContractTest, AParticipantThatDiesInTheMiddleOfACallIsUnknown) {
  absl::Notification reached;
  auto participant = Start([&](const SeenCall&) {
    reached.Notify();
    return Hang();
  });
  auto caller = NewCaller();
  Calls calls;
  port::BranchCall call = CallTo(participant->port());
  call.timeout = base::Seconds(25);
  const absl::Time begin = absl::Now();
  calls.Start(*caller, call);
  ASSERT_TRUE(reached.WaitForNotificationWithTimeout(kPatience));
  participant->Kill();
  ASSERT_TRUE(calls.AllEnded());
  EXPECT_EQ(calls.Reply(0).outcome, Outcome::kUnknown);
  EXPECT_EQ(calls.Reply(0).reach, port::Reach::kUnreachable) << calls.Reply(0).text;
  EXPECT_EQ(calls.Dones(0), 1);
  EXPECT_LE(absl::Now() - begin, absl::Seconds(10));
}

TEST_P(BranchCallerContractTest, AParticipantThatComesBackIsFoundAgain) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  const int port = participant->port();
  auto caller = NewCaller();
  ASSERT_EQ(CallAndWait(*caller, CallTo(port)).outcome, Outcome::kSuccess);
  participant.reset();
  ASSERT_EQ(CallAndWait(*caller, CallTo(port)).outcome, Outcome::kUnknown);
  participant = Start([&](const SeenCall&) { return Success(); }, port);
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  Outcome outcome = Outcome::kUnknown;
  while (outcome != Outcome::kSuccess && absl::Now() < deadline)
    outcome = CallAndWait(*caller, CallTo(port)).outcome;
  EXPECT_EQ(outcome, Outcome::kSuccess);
}

TEST_P(BranchCallerContractTest, TargetsThatCannotBeCalledAreUnknown) {
  auto caller = NewCaller();
  for (const std::string target :
       {"x", "/only/a/path", "nacos://svc/path", "not_exists://abc", "://", "127.0.0.1:1",
        "host with blank:1/s/m", "http:/x", "https//x", "ftp://127.0.0.1/x", "file:///etc/hostname",
        "unix:/tmp/x/s/m", "host:99999/s/m", "127.0.0.1:1/s/m\r\nX-Evil: 1", "a\r\nb:1/s/m",
        "[::1/s/m", "%zz:1/s/m"}) {
    port::BranchCall call = CallTo(1);
    call.target = target;
    call.timeout = base::Seconds(5);
    const port::BranchReply reply = CallAndWait(*caller, call);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown) << target;
    EXPECT_NE(reply.text, "") << target;
  }
}

TEST_P(BranchCallerContractTest, ANameThatNobodyKnowsHoldsUpNobody) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  Calls lost;
  for (int i = 0; i < 20; ++i) {
    const std::string host = "sagad-test-" + std::to_string(i) + ".invalid:80";
    port::BranchCall call = CallTo(1);
    call.target = IsGrpc() ? host + "/s/m" : "http://" + host + "/m";
    call.timeout = base::Millis(500);
    lost.Start(*caller, call);
  }
  const absl::Time begin = absl::Now();
  EXPECT_EQ(CallAndWait(*caller, CallTo(participant->port())).outcome, Outcome::kSuccess);
  EXPECT_TRUE(lost.AllEnded());
  EXPECT_EQ(CallAndWait(*caller, CallTo(participant->port())).outcome, Outcome::kSuccess);
  EXPECT_LE(absl::Now() - begin, absl::Seconds(5));
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(lost.Reply(i).outcome, Outcome::kUnknown);
}

TEST_P(BranchCallerContractTest, HeadersThatCannotBeSentAreUnknownAndNothingIsCalled) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  const std::vector<std::pair<std::string, std::string>> bad = {{"", "x"},
                                                                {"a b", "x"},
                                                                {"a:b", "x"},
                                                                {"x\r\nEvil", "1"},
                                                                {"caf\xC3\xA9", "x"},
                                                                {"x", "1\r\nY: 2"},
                                                                {"x", "a\nb"},
                                                                {"x", std::string("a\0b", 3)},
                                                                {"x", "\x7F"}};
  for (const auto& [name, value] : bad) {
    port::BranchCall call = CallTo(participant->port());
    call.headers = {{name, value}};
    const port::BranchReply reply = CallAndWait(*caller, call);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown) << name;
    EXPECT_NE(reply.text.find("header"), std::string::npos) << reply.text;
    EXPECT_EQ(reply.reach, port::Reach::kAnswered) << "nobody was tried";
    EXPECT_EQ(reply.hopeless, core::DeadReason::kContract);
  }
  EXPECT_TRUE(participant->seen().empty());
}

TEST_P(BranchCallerContractTest, SequentialCallsShareOneConnection) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(CallAndWait(*caller, CallTo(participant->port())).outcome, Outcome::kSuccess);
  }
  EXPECT_EQ(participant->seen().size(), 100u);
  EXPECT_EQ(participant->connections(), 1u);
}

TEST_P(BranchCallerContractTest, AThousandCallsAtOnceEachEndOnce) {
  auto participant = Start([&](const SeenCall& call) {
    return call.body.ends_with("7") ? Failure("seven") : Success();
  });
  auto caller = NewCaller();
  Calls calls;
  constexpr size_t kCalls = 1000;
  for (size_t i = 0; i < kCalls; ++i) {
    port::BranchCall call = CallTo(participant->port());
    call.payload = base::MakeBytes(std::to_string(i));
    call.timeout = base::Seconds(30);
    calls.Start(*caller, call);
  }
  ASSERT_TRUE(calls.AllEnded());
  for (size_t i = 0; i < kCalls; ++i) {
    EXPECT_EQ(calls.Reply(i).outcome, i % 10 == 7 ? Outcome::kFailure : Outcome::kSuccess)
        << calls.Reply(i).text;
    EXPECT_EQ(calls.Dones(i), 1);
  }
  EXPECT_EQ(participant->seen().size(), kCalls);
}

TEST_P(BranchCallerContractTest, CallsComeFromManyThreads) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  Calls calls;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) calls.Start(*caller, CallTo(participant->port()));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(calls.AllEnded());
  for (size_t i = 0; i < 400; ++i) {
    EXPECT_EQ(calls.Reply(i).outcome, Outcome::kSuccess) << calls.Reply(i).text;
    EXPECT_EQ(calls.Dones(i), 1);
  }
}

TEST_P(BranchCallerContractTest, ACallMayBeMadeFromInsideDone) {
  auto participant = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  absl::Notification second_ended;
  caller->Call(CallTo(participant->port()), [&](port::BranchReply) {
    caller->Call(CallTo(participant->port()), [&](port::BranchReply reply) {
      EXPECT_EQ(reply.outcome, Outcome::kSuccess);
      second_ended.Notify();
    });
  });
  EXPECT_TRUE(second_ended.WaitForNotificationWithTimeout(kPatience));
}

TEST_P(BranchCallerContractTest, DestructionEndsTheCallsThatAreOut) {
  std::atomic<int> reached{0};
  auto participant = Start([&](const SeenCall&) {
    ++reached;
    return Hang();
  });
  Calls calls;
  constexpr size_t kCalls = 20;
  const absl::Time begin = absl::Now();
  {
    auto caller = NewCaller();
    for (size_t i = 0; i < kCalls; ++i) {
      port::BranchCall call = CallTo(participant->port());
      call.timeout = base::Seconds(60);
      calls.Start(*caller, call);
    }
    while (reached == 0 && absl::Now() < begin + kPatience) std::this_thread::yield();
    ASSERT_GT(reached, 0);
  }
  EXPECT_EQ(calls.ended(), kCalls);
  for (size_t i = 0; i < kCalls; ++i) {
    EXPECT_EQ(calls.Dones(i), 1);
    EXPECT_EQ(calls.Reply(i).outcome, Outcome::kUnknown);
  }
  EXPECT_LE(absl::Now() - begin, absl::Seconds(20));
}

TEST_P(BranchCallerContractTest, ASickParticipantDoesNotHoldUpAHealthyOne) {
  auto sick = Start([&](const SeenCall&) { return Hang(); });
  auto healthy = Start([&](const SeenCall&) { return Success(); });
  auto caller = NewCaller();
  Calls hanging;
  for (int i = 0; i < 100; ++i) {
    port::BranchCall call = CallTo(sick->port());
    call.timeout = base::Seconds(60);
    hanging.Start(*caller, call);
  }
  Calls calls;
  for (int i = 0; i < 100; ++i) calls.Start(*caller, CallTo(healthy->port()));
  EXPECT_TRUE(calls.AllEnded());
  for (size_t i = 0; i < 100; ++i)
    EXPECT_EQ(calls.Reply(i).outcome, Outcome::kSuccess) << calls.Reply(i).text;
  EXPECT_EQ(hanging.ended(), 0u);
  sick->Kill();
  EXPECT_TRUE(hanging.AllEnded());
}

INSTANTIATE_TEST_SUITE_P(All, BranchCallerContractTest,
                         testing::Values(Transport::kGrpc, Transport::kHttp), [](const auto& info) {
                           return info.param == Transport::kGrpc ? "Grpc" : "Http";
                         });

TEST(RoutedCallerTest, EachCallFindsItsTransport) {
  auto grpc_participant = StartGrpcParticipant([](const SeenCall&) { return Answer{.code = 0}; });
  auto http_participant = StartHttpParticipant([](const SeenCall&) { return Answer{.code = 200}; });
  adapter::GrpcBranchCaller grpc;
  adapter::HttpBranchCaller http;
  adapter::RoutedCaller caller(http, grpc);
  port::BranchCall call;
  call.gid = "g";
  call.branch_id = "01";
  call.timeout = base::Seconds(10);

  call.protocol = core::Protocol::kGrpc;
  call.target = "127.0.0.1:" + std::to_string(grpc_participant->port()) + "/busi.Busi/TransIn";
  EXPECT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  // A step of a gRPC transaction may be called over HTTP.
  call.target = "http://127.0.0.1:" + std::to_string(http_participant->port()) + "/TransIn";
  EXPECT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  call.protocol = core::Protocol::kHttp;
  EXPECT_EQ(CallAndWait(caller, call).outcome, Outcome::kSuccess);
  EXPECT_EQ(grpc_participant->seen().size(), 1u);
  EXPECT_EQ(http_participant->seen().size(), 2u);
}

}  // namespace
}  // namespace saga::tests
