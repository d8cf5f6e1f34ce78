// The bench measures something: a second of the ceiling completes transactions, each with its two
// branch calls, and a participant on its own answers, counts and fails as it was told. No figure is
// judged here.

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/address.h"
#include "tests/bench/child_process.h"
#include "tests/bench/client/http_get.h"
#include "tests/bench/client/load.h"
#include "tests/bench/disk_probe.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/server/behaviour.h"

namespace saga::bench {
namespace {

using Json = nlohmann::json;

std::string Sagabench() {
  const char* bin = getenv("SAGA_BIN");
  return std::string(bin != nullptr ? bin : "build/release/bin") + "/sagabench";
}

absl::StatusOr<ChildProcess> Start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), Sagabench());
  return ChildProcess::Start({.command = arguments});
}

// The address after "name=" in the line a participant prints when it is ready.
Address AddressIn(const std::string& line, const std::string& name) {
  const size_t begin = line.find(name + "=") + name.size() + 1;
  return ParseAddress(line.substr(begin, line.find(' ', begin) - begin)).value_or(Address{});
}

TEST(BenchSmoke, CeilingCompletesTransactionsOfTwoBranchCalls) {
  auto ceiling = Start({"ceiling", "--clients", "4", "--seconds", "1", "--warmup", "0", "--json"});
  ASSERT_TRUE(ceiling.ok()) << ceiling.status();
  const auto line = ceiling->ReadLine();
  ASSERT_TRUE(line.ok()) << line.status();
  const Json report = Json::parse(*line, nullptr, false);
  ASSERT_TRUE(report.is_object()) << *line;
  const int64_t ok = report["ok"].get<int64_t>();
  EXPECT_GT(ok, 0);
  EXPECT_EQ(report["errors"], 0) << *line;
  EXPECT_GE(report["participant"]["total"].get<int64_t>(), 2 * ok);
  EXPECT_GT(report["latency_ms"]["max"].get<double>(), 0);
}

class ParticipantTest : public testing::Test {
 protected:
  void StartParticipant(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "participant");
    auto started = Start(std::move(arguments));
    ASSERT_TRUE(started.ok()) << started.status();
    participant_ = std::make_unique<ChildProcess>(*std::move(started));
    const auto line = participant_->ReadLine();
    ASSERT_TRUE(line.ok()) << line.status();
    grpc_ = AddressIn(*line, "grpc");
    http_ = AddressIn(*line, "http");
  }

  // A load whose server is the participant itself: it says yes to every call.
  LoadReport Load(Protocol protocol, Mode mode) {
    LoadOptions load;
    load.targets = {protocol == Protocol::kGrpc ? grpc_ : http_};
    load.script.protocol = protocol;
    load.script.mode = mode;
    load.script.participant = load.targets[0];
    load.clients = 3;
    load.measured = std::chrono::milliseconds(300);
    return RunLoad(load).value_or(LoadReport{});
  }

  std::unique_ptr<ChildProcess> participant_;
  Address grpc_;
  Address http_;
};

TEST_F(ParticipantTest, EveryModeRunsOverBothProtocols) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({}));
  for (const Protocol protocol : {Protocol::kGrpc, Protocol::kHttp}) {
    for (const Mode mode : {Mode::kSaga, Mode::kTcc, Mode::kMessage}) {
      const LoadReport report = Load(protocol, mode);
      EXPECT_GT(report.ok, 0) << WireName(mode);
      EXPECT_EQ(report.failed + report.errors, 0) << WireName(mode);
    }
  }
  participant_->Stop(SIGTERM);
  const auto line = participant_->ReadLine();
  ASSERT_TRUE(line.ok()) << line.status();
  const Json calls = Json::parse(*line, nullptr, false)["calls"];
  for (const char* name :
       {"/dtmgimp.Dtm/Submit", "/dtmgimp.Dtm/Prepare", "/dtmgimp.Dtm/RegisterBranch",
        "/bench.Participant/Try1", "/bench.Participant/Try2", "/api/dtmsvr/submit",
        "/api/dtmsvr/prepare", "/api/dtmsvr/registerBranch", "/bench/try1", "/bench/try2"}) {
    EXPECT_GT(calls.value(name, 0), 0) << name;
  }
}

TEST_F(ParticipantTest, ClientsAreSpreadOverAllNodes) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({}));
  auto other = Start({"participant"});
  ASSERT_TRUE(other.ok()) << other.status();
  const auto line = other->ReadLine();
  ASSERT_TRUE(line.ok()) << line.status();
  const Address other_http = AddressIn(*line, "http");
  for (const Protocol protocol : {Protocol::kGrpc, Protocol::kHttp}) {
    const bool grpc = protocol == Protocol::kGrpc;
    LoadOptions load;
    load.targets = {grpc ? grpc_ : http_, grpc ? AddressIn(*line, "grpc") : other_http};
    load.script.protocol = protocol;
    load.script.participant = grpc ? grpc_ : http_;
    load.clients = 4;
    load.measured = std::chrono::milliseconds(300);
    load.server_pids = {participant_->Pid(), other->Pid()};
    load.database_pid = participant_->Pid();
    const LoadReport report = RunLoad(load).value_or(LoadReport{});
    EXPECT_GT(report.ok, 0);
    EXPECT_GT(report.database_cpu_ms, 0);
    EXPECT_GT(report.server_cpu_ms, report.database_cpu_ms) << "one node is missing in the sum";
    for (const Address& node : {http_, other_http}) {
      const auto counts = HttpGet(node, "/counts");
      ASSERT_TRUE(counts.ok()) << counts.status();
      const Json calls = Json::parse(*counts, nullptr, false)["calls"];
      EXPECT_GT(calls.value(grpc ? "/dtmgimp.Dtm/Submit" : "/api/dtmsvr/submit", 0), 0) << *counts;
    }
  }
}

TEST_F(ParticipantTest, ParkSubmitsAndLeaves) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({}));
  auto park = Start(
      {"park", "--target", grpc_.Text(), "--participant", grpc_.Text(), "--count", "30", "--json"});
  ASSERT_TRUE(park.ok()) << park.status();
  const auto line = park->ReadLine();
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(Json::parse(*line, nullptr, false)["acknowledged"], 30) << *line;
  const auto counts = HttpGet(http_, "/counts");
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(Json::parse(*counts, nullptr, false)["calls"].value("/dtmgimp.Dtm/Submit", 0), 30)
      << *counts;
}

TEST_F(ParticipantTest, RefusalsAreCountedWithTheirText) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({"--fail-rate", "1"}));
  for (const Protocol protocol : {Protocol::kGrpc, Protocol::kHttp}) {
    const LoadReport report = Load(protocol, Mode::kTcc);
    EXPECT_EQ(report.ok, 0);
    EXPECT_GT(report.failed, 0);
    EXPECT_EQ(report.texts.size(), 1u);
  }
}

TEST_F(ParticipantTest, DelayChangesWhileItRuns) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({}));
  ASSERT_TRUE(HttpGet(http_, "/delay?ms=30").ok());
  for (const Protocol protocol : {Protocol::kGrpc, Protocol::kHttp}) {
    const LoadReport report = Load(protocol, Mode::kSaga);
    EXPECT_GT(report.ok, 0);
    EXPECT_GE(report.latency.p50, 30);
  }
  EXPECT_FALSE(HttpGet(http_, "/delay?ms=soon").ok());
}

TEST_F(ParticipantTest, StopsWhileCallsHang) {
  ASSERT_NO_FATAL_FAILURE(StartParticipant({}));
  ASSERT_TRUE(HttpGet(http_, "/delay?ms=600000").ok());
  auto transport = MakeTransport(Protocol::kGrpc, {.servers = {grpc_}, .participant = grpc_});
  ASSERT_TRUE(transport.ok()) << transport.status();
  (*transport)->Start(0, Call{Peer::kServer, "/bench.Participant/Action1", "p", {}});
  int64_t total = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (total == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the call never arrived";
    const auto counts = HttpGet(http_, "/counts");
    ASSERT_TRUE(counts.ok()) << counts.status();
    total = Json::parse(*counts, nullptr, false)["total"].get<int64_t>();
  }
  participant_->Stop(SIGTERM);
  EXPECT_TRUE(participant_->ReadLine().ok()) << "it was killed instead of ending by itself";
  AnswerKind kind = AnswerKind::kOk;
  (*transport)->Run([&kind](int, const Answer& answer) { kind = answer.kind; });
  EXPECT_EQ(kind, AnswerKind::kError);
}

TEST(LoadTest, NoServerIsAnError) {
  LoadOptions load;
  load.targets = {{"127.0.0.1", 1}};
  load.script.participant = {"127.0.0.1", 1};
  load.script.protocol = Protocol::kHttp;
  const auto report = RunLoad(load);
  EXPECT_TRUE(absl::IsUnavailable(report.status())) << report.status();
}

TEST(LoadTest, GidsAreUniqueAndOfOneLength) {
  const std::string first = UniqueGid();
  const std::string second = UniqueGid();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), kGidLength);
  EXPECT_EQ(second.size(), kGidLength);
  EXPECT_NE(RandomGid(), RandomGid());
  EXPECT_EQ(RandomGid().size(), kGidLength);
}

TEST(LatencyTest, PercentilesAreExact) {
  LatencySamples samples;
  for (int i = 1000; i >= 1; --i) samples.Add(std::chrono::milliseconds(i));
  const LatencySummary summary = samples.Summarise();
  EXPECT_DOUBLE_EQ(summary.p50, 500);
  EXPECT_DOUBLE_EQ(summary.p90, 900);
  EXPECT_DOUBLE_EQ(summary.p99, 990);
  EXPECT_DOUBLE_EQ(summary.p999, 999);
  EXPECT_DOUBLE_EQ(summary.max, 1000);
  EXPECT_DOUBLE_EQ(summary.mean, 500.5);
}

TEST(BehaviourTest, FailsTheGivenShareOfActionsAndNothingElse) {
  Behaviour behaviour(std::chrono::milliseconds(0), 0.25);
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    if (behaviour.Of("/bench.Participant/Action1") == Behaviour::Treatment::kFail) ++failed;
    EXPECT_EQ(behaviour.Of("/bench.Participant/Compensate1"), Behaviour::Treatment::kAnswer);
    EXPECT_EQ(behaviour.Of("/bench.Participant/Confirm1"), Behaviour::Treatment::kAnswer);
  }
  EXPECT_EQ(failed, 25);
  EXPECT_EQ(behaviour.Of("/bench.Participant/HangAction1"), Behaviour::Treatment::kHang);
}

TEST(AddressTest, RefusesWhatIsNotAnAddress) {
  for (const char* text : {"", "host", ":1", "host:", "host:-1", "host:65536", "host:1x"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
  EXPECT_EQ(ParseAddress("127.0.0.1:80").value_or(Address{}).Text(), "127.0.0.1:80");
}

TEST(ProcessUsageTest, TellsAboutThisProcessAndNoOther) {
  const auto usage = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_GT(usage->cpu.count(), 0);
  EXPECT_GT(usage->rss_kib, 0);
  EXPECT_GE(usage->peak_rss_kib, usage->rss_kib);
  EXPECT_FALSE(ReadProcessUsage(0x7ffffff0).ok());
}

TEST(DiskProbeTest, CountsAndRefuses) {
  const auto rates = ProbeDisk(testing::TempDir(), std::chrono::milliseconds(50));
  ASSERT_TRUE(rates.ok()) << rates.status();
  EXPECT_GT(rates->appends_per_second, 0);
  EXPECT_GT(rates->overwrites_per_second, 0);
  EXPECT_FALSE(ProbeDisk("/no/such/directory", std::chrono::milliseconds(50)).ok());
}

}  // namespace
}  // namespace saga::bench
