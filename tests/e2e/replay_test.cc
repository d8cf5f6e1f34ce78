// An outage leaves dead compensations behind; an operator drains them with one job, at a rate the
// participant can take, while sagad is killed half-way and other traffic goes on (business.md, test
// 11).
//
//   SAGA_REPLAY_COUNT=15000 SAGA_REPLAY_RATE=200 build/release/tests/e2e_replay     the full size

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/http.h"
#include "tests/conformance/stage/recorder.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using conformance::Call;
using conformance::Http;
using conformance::Recorder;
using fixture::Finished;
using nlohmann::json;

constexpr char kUndo[] = "/undo";
constexpr absl::Duration kEnd = absl::Minutes(20);

int FromEnvironment(const char* name, int otherwise) {
  int number = 0;
  const char* text = std::getenv(name);
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

class Replay : public testing::Test {
 protected:
  Replay()
      : count_(FromEnvironment("SAGA_REPLAY_COUNT", 300)),
        rate_(FromEnvironment("SAGA_REPLAY_RATE", 150)),
        grpc_(absl::StrCat("127.0.0.1:", fixture::FreePort())),
        http_(absl::StrCat("127.0.0.1:", fixture::FreePort())),
        sagad_({.data_dir = dir_.File("sagad"), .grpc_listen = grpc_, .http_listen = http_}) {
    EXPECT_TRUE(sagad_.WaitReady()) << sagad_.process().Stderr();
  }

  json Step(const std::string& action, const std::string& compensate) {
    return {{"action", participant_.HttpUrl(action)},
            {"compensate", participant_.HttpUrl(compensate)}};
  }

  bool Submit(const std::string& gid, const json& steps) {
    const json request = {{"gid", gid},
                          {"trans_type", "saga"},
                          {"steps", steps},
                          {"payloads", {"{}", "{}"}},
                          {"attempt_limit", 1}};
    return Http(http_, "POST", "/api/dtmsvr/submit", request.dump()).status == 200;
  }

  // As an operator's shell would; the whole answer as JSON.
  json Ctl(std::vector<std::string> args, int expected_exit = 0) {
    args.insert(args.end(), {"-o", "json"});
    const Finished done = fixture::Run(
        {.program = "sagactl", .args = args, .env = {{"SAGACTL_SERVER", grpc_}}}, kEnd);
    EXPECT_EQ(done.exit_code, expected_exit) << done.err;
    return json::parse(done.out, nullptr, false);
  }

  std::string Status(const std::string& gid) {
    const json answer = Http(http_, "GET", "/api/dtmsvr/query?gid=" + gid).json();
    return answer.is_object() ? answer["transaction"].value("status", "") : "";
  }

  // Every compensation fails until the participant is mended.
  void Outage() {
    participant_.Answer("/refuse", {{.status = 409, .body = "no"}});
    participant_.Answer(kUndo, {{.status = 500, .body = "database is read only"}});
    for (int i = 0; i < count_; ++i) {
      ASSERT_TRUE(Submit(absl::StrCat("dead-", i), {Step("/do", kUndo), Step("/refuse", "/none")}));
    }
    ASSERT_TRUE(fixture::WaitUntil(kEnd, [&] { return DeadLetters() == count_; }));
  }

  int DeadLetters() {
    int dead = 0;
    for (const json& group : Ctl({"dlq", "group"})) dead += group["count"].get<int>();
    return dead;
  }

  const int count_;
  const int rate_;
  Recorder participant_;
  fixture::TempDir dir_;
  const std::string grpc_;
  const std::string http_;
  fixture::Sagad sagad_;
};

int Sum(const json& job) {
  int sum = 0;
  for (const char* part : {"pending", "running", "done", "failed", "skipped"})
    sum += job[part].get<int>();
  return sum;
}

// The most calls of one op that came within a second.
int Busiest(const std::vector<Call>& calls, absl::Time from) {
  std::map<int64_t, int> by_second;
  int busiest = 0;
  for (const Call& call : calls) {
    if (call.op != "compensate" || call.arrived < from) continue;
    busiest = std::max(busiest, ++by_second[absl::ToUnixSeconds(call.arrived)]);
  }
  return busiest;
}

TEST_F(Replay, DrainsAnOutageAtItsRateThroughAKill) {
  Outage();
  const json selected = Ctl({"dlq", "replay", "state=aborting and op=compensate"});
  ASSERT_EQ(selected["total"], count_) << selected;
  const std::string token = selected["token"];

  // Other traffic, all the while.
  std::atomic<bool> stop{false};
  std::atomic<int> accepted{0};
  std::thread others([&] {
    for (int i = 0; !stop; ++i) {
      if (Submit(absl::StrCat("other-", i), {Step("/other", "/none"), Step("/other", "/none")}))
        ++accepted;
    }
  });

  participant_.Answer(kUndo, {{}});
  const absl::Time begin = absl::Now();
  const json started =
      Ctl({"dlq", "replay", "--execute", token, "--rate", absl::StrCat(rate_), "--max-in-flight",
           "8", "--reason", "the database takes writes again", "--detach"});
  EXPECT_EQ(Sum(started), count_) << started;
  ASSERT_TRUE(fixture::WaitUntil(kEnd, [&] {
    const json job = Ctl({"job", "describe", token});
    EXPECT_EQ(Sum(job), count_) << job;
    return job["done"].get<int>() >= count_ / 2;
  }));
  sagad_.Kill();
  sagad_.Start();
  ASSERT_TRUE(sagad_.WaitReady()) << sagad_.process().Stderr();

  const json ended = Ctl({"job", "watch", token});
  const absl::Duration took = absl::Now() - begin;
  stop = true;
  others.join();
  const json job = Ctl({"job", "describe", token});
  EXPECT_EQ(job["state"], "done") << job;
  EXPECT_EQ(job["done"], count_) << job;
  EXPECT_EQ(Sum(job), count_) << job;
  EXPECT_EQ(DeadLetters(), 0);
  EXPECT_GT(accepted, 0);

  std::map<std::string, int> undone;
  const std::vector<Call> calls = participant_.Calls();
  for (const Call& call : calls) {
    if (call.op == "compensate" && call.path == kUndo) ++undone[call.gid];
  }
  int repeated = 0;
  for (int i = 0; i < count_; ++i) {
    const std::string gid = absl::StrCat("dead-", i);
    EXPECT_GE(undone[gid], 2) << gid << ": once in the outage, and once replayed";
    if (undone[gid] > 2) ++repeated;  // under way when sagad was killed
  }
  EXPECT_LE(repeated, 8) << "no more than were in flight";
  for (const int i : {0, count_ / 2, count_ - 1})
    EXPECT_EQ(Status(absl::StrCat("dead-", i)), "failed");
  std::cout << count_ << " replayed at " << rate_ << "/s in " << took << ", busiest second "
            << Busiest(calls, begin) << " calls, " << repeated << " called once more, " << accepted
            << " other sagas accepted\n";
}

TEST_F(Replay, ASecondOneIsRefused) {
  Outage();
  const std::string token = Ctl({"dlq", "replay", "op=compensate"})["token"];
  const std::string stale = Ctl({"dlq", "replay", "op=compensate"})["token"];
  participant_.Answer(kUndo, {{}});
  const std::vector<std::string> execute = {"dlq",      "replay", "--rate",   "1000",
                                            "--reason", "mended", "--execute"};
  std::vector<std::string> first = execute;
  first.push_back(token);
  EXPECT_EQ(Ctl(first)["done"], count_);
  Ctl(first, /*expected_exit=*/4);
  // Another selection of the same items: frozen, so it finds that they are not what they were.
  std::vector<std::string> second = execute;
  second.push_back(stale);
  const json skipped = Ctl(second, /*expected_exit=*/5);
  EXPECT_EQ(skipped["skipped"], count_) << skipped;
  EXPECT_EQ(skipped["done"], 0) << skipped;
}

TEST_F(Replay, APoisonItemStaysWithItsReasonAndTheCanaryStopsTheRest) {
  Outage();
  const std::string token = Ctl({"dlq", "replay", "op=compensate"})["token"];
  const json stopped =
      Ctl({"dlq", "replay", "--execute", token, "--canary", "1", "--reason", "not mended at all"},
          /*expected_exit=*/5);
  EXPECT_EQ(stopped["failed"], 1) << stopped;
  EXPECT_EQ(stopped["pending"], count_ - 1) << stopped;
  EXPECT_EQ(DeadLetters(), count_);
  const json shown = Ctl({"dlq", "list", "attempts>=2"});
  ASSERT_EQ(shown.size(), 1u) << shown;
  EXPECT_EQ(shown[0]["reason"], "attempts_used");
  EXPECT_THAT(shown[0]["error"].get<std::string>(), testing::HasSubstr("database is read only"));
}

}  // namespace
}  // namespace saga::e2e
