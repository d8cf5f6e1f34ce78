// SIGKILL at every point of every commit, and a start on the same MariaDB: what was promised is
// kept (business.md test 3). As crash_test.cc, on the other store; a batch that the database had
// and the process had not heard of is there, one that it had not is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using fixture::Sagad;
using testing::Contains;
using testing::Key;
using testing::Not;

constexpr int kKilled = 128 + 9;

// A port of its own for each process: the next one has to wait for the lease.
std::vector<std::string> StoreFlags(const fixture::Database& database) {
  return {"--store", database.url(), "--node-lease", "1s"};
}

TEST(MysqlCrash, OrphansEndAfterTheLease) {
  fixture::Database database;
  fixture::TempDir dir;
  Participant participant;
  participant.Hold();
  Sagad sagad({.data_dir = dir.path(), .args = StoreFlags(database)});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  std::vector<std::string> gids;
  {
    DtmClient client(sagad.grpc_address());
    for (int i = 0; i < 60; ++i) {
      gids.push_back(absl::StrCat("orphan-", i));
      ASSERT_TRUE(client.SubmitSaga(gids.back(), participant, 2, false).ok());
    }
  }
  ASSERT_TRUE(
      fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == gids.size(); }));
  sagad.Kill();
  participant.Release();
  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  for (const std::string& gid : gids) {
    ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
      return StatusOf(sagad.http_address(), gid) == "succeed";
    })) << gid;
    const std::map<std::string, int> calls = participant.CallsOf(gid);
    EXPECT_THAT(calls, Contains(Key("01 action")));
    EXPECT_THAT(calls, Contains(Key("02 action")));
    EXPECT_THAT(calls, Not(Contains(Key("01 compensate"))));
  }
}

class MysqlCrashAtCommit : public testing::TestWithParam<std::string> {};

TEST_P(MysqlCrashAtCommit, TheSagaEndsAfterARestart) {
  int crashes = 0;
  for (int commit = 1; commit <= 3; ++commit) {
    fixture::Database database;
    fixture::TempDir dir;
    Participant participant;
    Sagad sagad({.data_dir = dir.path(),
                 .args = StoreFlags(database),
                 .env = {{"SAGAD_CRASH_POINT", absl::StrCat(GetParam(), ":", commit)}}});
    ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
    const grpc::Status first =
        DtmClient(sagad.grpc_address()).SubmitSaga("order-1", participant, 2, true);
    if (first.ok() && sagad.process().Running()) {
      EXPECT_EQ(sagad.Stop(), 0) << "the saga needed fewer commits than this";
    } else {
      EXPECT_EQ(sagad.process().WaitForExit(absl::Seconds(10)), kKilled);
      ++crashes;
    }
    sagad.options().env.clear();
    sagad.Start();
    ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
    if (StatusOf(sagad.http_address(), "order-1").empty()) {
      EXPECT_FALSE(first.ok()) << "a promise was forgotten";
      EXPECT_EQ(participant.Calls(), 0u) << "a call went out for something that was not stored";
      EXPECT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("order-1", participant, 2, true).ok());
    }
    EXPECT_TRUE(fixture::WaitUntil(
        absl::Seconds(20), [&] { return StatusOf(sagad.http_address(), "order-1") == "succeed"; }))
        << GetParam() << ":" << commit << " " << StatusOf(sagad.http_address(), "order-1");
    const std::map<std::string, int> calls = participant.CallsOf("order-1");
    EXPECT_THAT(calls, Contains(Key("01 action")));
    EXPECT_THAT(calls, Contains(Key("02 action")));
    EXPECT_THAT(calls, Not(Contains(Key("01 compensate"))));
    EXPECT_EQ(sagad.Stop(), 0);
  }
  EXPECT_GE(crashes, 2) << "a saga is at least two commits";
}

INSTANTIATE_TEST_SUITE_P(Points, MysqlCrashAtCommit, testing::Values("before", "inside", "after"));

}  // namespace
}  // namespace saga::e2e
