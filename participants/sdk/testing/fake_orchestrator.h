#pragma once

// A small orchestrator for the tests of participants and of their clients. It calls branches over
// gRPC and HTTP as sagad would, in any order the test likes, and serves dtmgimp.Dtm on a free port
// of 127.0.0.1, so that client code runs without sagad.
//
// A participant under test:
//   FakeOrchestrator fake;
//   EXPECT_EQ(fake.Call({.target = address + "/product.v1.Product/Deduct",
//                        .context = {"g1", Mode::kSaga, "01", Op::kAction}, .payload = bytes}),
//                        Outcome::Done());
//   SagaEnd end = fake.RunSaga("g2", {{action, compensate, payload}, ...});
//
// A client under test:
//   Client client(fake.address());
//   client.Submit(saga);
//   EXPECT_TRUE(fake.WaitForStatus("g3", "succeed", absl::Seconds(5)));
//
// It keeps everything in memory, repeats a branch that is not answered with done for at most
// kMaxAttempts times, and knows neither timeouts nor concurrent steps: it stands in for sagad's
// answers, not for its promises.
//
// Thread safety: thread-safe.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "participants/sdk/branch_client.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk::testing {

inline constexpr int kMaxAttempts = 20;

struct SagaStep {
  std::string action;
  std::string compensate;
  std::string payload;
};

struct SagaEnd {
  std::string status;  // succeed, failed; submitted or aborting when a branch never came to an end
  std::string reason;  // why it was undone
};

struct RecordedCall {
  BranchCall call;
  Outcome outcome;
};

class FakeOrchestrator {
 public:
  FakeOrchestrator();
  ~FakeOrchestrator();
  FakeOrchestrator(const FakeOrchestrator&) = delete;
  FakeOrchestrator& operator=(const FakeOrchestrator&) = delete;

  // One call of one branch.
  Outcome Call(const BranchCall& call);

  // Actions in order; after one that failed for good the compensations of it and of all before it,
  // in opposite order.
  SagaEnd RunSaga(const std::string& gid, const std::vector<SagaStep>& steps);

  // Every branch call made so far, in the order of the answers.
  std::vector<RecordedCall> calls() const;

  // Where the gRPC service listens.
  const std::string& address() const;

  // The next request of the service is answered with this and has no effect.
  void AnswerNext(absl::Status status);
  // The next request takes effect, but its answer is lost: the client sees UNAVAILABLE.
  void LoseNextAnswer();
  // From now on submitted and aborted transactions wait, until Release lets all of them run.
  void Hold();
  void Release();

  // prepared, submitted, aborting, succeed or failed; empty for an unknown gid.
  std::string StatusOf(const std::string& gid) const;
  bool WaitForStatus(const std::string& gid, const std::string& status,
                     absl::Duration timeout) const;
  std::vector<std::string> Gids() const;

 private:
  class Service;

  Outcome CallUntilDone(const BranchCall& call);

  BranchClient branches_;
  std::unique_ptr<Service> service_;
};

}  // namespace saga::participants::sdk::testing
