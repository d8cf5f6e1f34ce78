// From SQLite to a database and back, through the real binary, with work that is open.

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

using fixture::Finished;
using fixture::Sagad;
using fixture::TempDir;
using testing::HasSubstr;

Finished Command(std::vector<std::string> args) {
  return fixture::Run({.program = "sagad", .args = std::move(args)}, absl::Seconds(60));
}

void Start(Sagad& sagad) { ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr(); }

// A saga whose first step waits at the participant, which holds.
void SubmitHeld(const Sagad& sagad, const std::string& gid, Participant& participant) {
  const size_t before = participant.Held();
  ASSERT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga(gid, participant, 2, false).ok());
  ASSERT_TRUE(
      fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == before + 1; }));
}

void ExpectSucceed(const Sagad& sagad, const std::string& gid) {
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    return StatusOf(sagad.http_address(), gid) == "succeed";
  })) << gid;
}

TEST(CareMove, OpenWorkMovesToADatabaseAndBack) {
  TempDir dir;
  TempDir elsewhere;
  fixture::Database database;
  Participant participant;
  participant.Hold();
  const std::string file = dir.File("export");
  {
    Sagad sagad({.data_dir = dir.path()});
    Start(sagad);
    SubmitHeld(sagad, "there", participant);
    sagad.Kill();
  }
  ASSERT_EQ(Command({"export", "--data-dir", dir.path(), "--to", file}).exit_code, 0);
  const std::vector<std::string> store = {"--store", database.url(), "--node-lease", "1s"};
  const Finished moved = Command({"import", "--store", database.url(), "--from", file});
  ASSERT_EQ(moved.exit_code, 0) << moved.err;
  participant.Release();
  {
    Sagad sagad({.data_dir = elsewhere.path(), .args = store});
    Start(sagad);
    ExpectSucceed(sagad, "there");
    participant.Hold();
    SubmitHeld(sagad, "back", participant);
    EXPECT_THAT(Command({"export", "--store", database.url(), "--to", dir.File("x")}).err,
                HasSubstr("stop it first"));
    sagad.Kill();
  }
  // One that was killed counts until its lease has run out.
  Finished written;
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] {
    written = Command({"export", "--store", database.url(), "--to", file, "--force"});
    return written.exit_code == 0;
  })) << written.err;
  const Finished read = Command({"import", "--data-dir", elsewhere.path(), "--from", file});
  ASSERT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(Command({"verify", "--data-dir", elsewhere.path()}).exit_code, 0);
  participant.Release();
  Sagad sagad({.data_dir = elsewhere.path()});
  Start(sagad);
  ExpectSucceed(sagad, "there");
  ExpectSucceed(sagad, "back");
}

TEST(CareMove, ADatabaseForgetsToo) {
  TempDir dir;
  fixture::Database database;
  Participant participant;
  Sagad sagad(
      {.data_dir = dir.path(), .args = {"--store", database.url(), "--store-retention", "1s"}});
  Start(sagad);
  DtmClient client(sagad.grpc_address());
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(client.SubmitSaga(absl::StrCat("old-", i), participant, 2, true).ok());
  participant.Hold();
  SubmitHeld(sagad, "open", participant);
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] {
    return database.Run("SELECT COUNT(*) FROM trans_global") == "1\n";
  }));
  EXPECT_EQ(StatusOf(sagad.http_address(), "open"), "submitted");
  const Finished verified = Command({"verify", "--store", database.url()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("checked 1 transaction and"));
  EXPECT_EQ(database.Run("SELECT COUNT(*) FROM sagad_transaction"), "1\n");
  EXPECT_EQ(database.Run("SELECT COUNT(DISTINCT gid) FROM trans_branch_op"), "1\n");
  participant.Release();
  EXPECT_EQ(sagad.Stop(), 0);
}

}  // namespace
}  // namespace saga::e2e
