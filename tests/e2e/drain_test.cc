// SIGTERM: readiness first, then no new work, then the calls that are out, then everything else
// from the top down (business.md pain 27, test 16).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using fixture::HttpGet;
using fixture::Sagad;
using fixture::TempDir;
using testing::HasSubstr;
using testing::Not;

TEST(Drain, ReadinessTurnsFalseAndNewWorkIsRefusedWhileCallsComeHome) {
  TempDir dir;
  Participant participant;
  participant.Hold();
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  DtmClient client(sagad.grpc_address());
  ASSERT_TRUE(client.SubmitSaga("out", participant, 1, false).ok());
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == 1; }));
  EXPECT_EQ(client.Health(), "SERVING");

  sagad.process().Terminate();
  ASSERT_TRUE(fixture::WaitUntil(
      absl::Seconds(10), [&] { return HttpGet(sagad.http_address(), "/ready").status == 503; }));
  EXPECT_EQ(HttpGet(sagad.http_address(), "/healthz").status, 200) << "alive as long as it answers";
  EXPECT_EQ(client.Health(), "NOT_SERVING");
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] {
    return client.SubmitSaga("late", participant, 1, false).error_code() ==
           grpc::StatusCode::UNAVAILABLE;
  }));
  EXPECT_EQ(fixture::HttpPost(sagad.http_address(), "/api/dtmsvr/submit",
                              R"({"gid":"late","trans_type":"saga","steps":[]})")
                .status,
            503);
  EXPECT_TRUE(sagad.process().Running());

  participant.Release();
  EXPECT_EQ(sagad.process().WaitForExit(absl::Seconds(10)), 0) << sagad.process().Stderr();
  EXPECT_THAT(sagad.process().Stderr(), HasSubstr("\"drained\""));

  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_EQ(StatusOf(sagad.http_address(), "out"), "succeed");
  EXPECT_EQ(StatusOf(sagad.http_address(), "late"), "");
  EXPECT_EQ(participant.CallsOf("out"), (std::map<std::string, int>{{"01 action", 1}}));
}

TEST(Drain, GivesUpAfterDrainTimeoutAndTheNextStartContinues) {
  TempDir dir;
  Participant participant;
  participant.Hold();
  Sagad sagad({.data_dir = dir.path(), .args = {"--drain-timeout", "200ms"}});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  ASSERT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("slow", participant, 2, false).ok());
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == 1; }));
  EXPECT_EQ(sagad.Stop(absl::Seconds(10)), 0) << sagad.process().Stderr();
  EXPECT_THAT(sagad.process().Stderr(), HasSubstr("still out after drain_timeout"));

  participant.Release();
  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_TRUE(fixture::WaitUntil(
      absl::Seconds(10), [&] { return StatusOf(sagad.http_address(), "slow") == "succeed"; }));
}

// Clients that submit as fast as they can, and what they were told.
class Load {
 public:
  Load(const std::string& address, const Participant& participant, int clients) {
    for (int i = 0; i < clients; ++i) {
      threads_.emplace_back([this, address, &participant, i] { Run(address, participant, i); });
    }
  }
  ~Load() { Join(); }

  void Join() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  size_t Succeeded() const {
    absl::MutexLock lock(&mutex_);
    return succeeded_.size();
  }
  std::vector<std::string> TakeSucceeded() const {
    absl::MutexLock lock(&mutex_);
    return succeeded_;
  }
  std::vector<std::string> OtherAnswers() const {
    absl::MutexLock lock(&mutex_);
    return other_;
  }

 private:
  void Run(const std::string& address, const Participant& participant, int number) {
    DtmClient client(address);
    for (int i = 0; !stop_; ++i) {
      const std::string gid = absl::StrCat("load-", number, "-", i);
      const grpc::Status status = client.SubmitSaga(gid, participant, 2, /*wait_result=*/true);
      absl::MutexLock lock(&mutex_);
      if (status.ok()) {
        succeeded_.push_back(gid);
      } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE || ClosedByGrpc(status)) {
        return;  // told to go elsewhere
      } else {
        other_.push_back(absl::StrCat(gid, ": ", status.error_code(), " ", status.error_message()));
      }
    }
  }

  // A call that comes in at the very moment the port closes is cancelled by gRPC itself, before any
  // of our code has seen it, and therefore without a text.
  static bool ClosedByGrpc(const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::CANCELLED &&
           status.error_message() == "CANCELLED";
  }

  std::atomic<bool> stop_{false};
  mutable absl::Mutex mutex_;
  std::vector<std::string> succeeded_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> other_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// business.md test 16.
TEST(Drain, UnderLoadNoBranchFailsAndNothingIsLost) {
  TempDir dir;
  Participant participant(absl::Milliseconds(5));
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Load load(sagad.grpc_address(), participant, 16);
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] { return load.Succeeded() > 200; }));
  EXPECT_EQ(sagad.Stop(absl::Seconds(20)), 0);
  load.Join();
  EXPECT_THAT(load.OtherAnswers(), testing::IsEmpty()) << "success or UNAVAILABLE, nothing else";
  for (const char* trouble :
       {"branch call", "store commit failed", "does not answer", "aborting", "still out"}) {
    EXPECT_THAT(sagad.process().Stderr(), Not(HasSubstr(trouble)));
  }

  // Nobody was asked to do anything twice, and what was begun is finished.
  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  const std::map<std::string, int> each_once = {{"01 action", 1}, {"02 action", 1}};
  for (const std::string& gid : participant.Gids()) {
    EXPECT_TRUE(fixture::WaitUntil(
        absl::Seconds(10), [&] { return StatusOf(sagad.http_address(), gid) == "succeed"; }))
        << gid << " " << StatusOf(sagad.http_address(), gid);
    EXPECT_EQ(participant.CallsOf(gid), each_once) << gid;
  }
  for (const std::string& gid : load.TakeSucceeded())
    EXPECT_EQ(participant.CallsOf(gid), each_once) << gid;
  EXPECT_EQ(sagad.Stop(), 0);
}

}  // namespace
}  // namespace saga::e2e
