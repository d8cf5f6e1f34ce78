// The fixture itself: what it promises, other suites stand on.

#include "tests/fixture/mariadb.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace saga {
namespace {

TEST(MariaDb, KeepsWhatWasCommittedThroughKill) {
  fixture::MariaDb server;
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  fixture::Database database(server.address());
  database.Run("CREATE TABLE t (n INT); INSERT INTO t VALUES (7), (8);");
  const std::string address = server.address();

  server.Kill();
  EXPECT_NE(fixture::RunSql(address, database.name(), "SELECT n FROM t").exit_code, 0);
  server.Start();

  ASSERT_TRUE(server.WaitReady()) << server.Log();
  EXPECT_EQ(server.address(), address);
  EXPECT_EQ(database.Run("SELECT n FROM t ORDER BY n"), "7\n8\n");
  EXPECT_EQ(server.Stop(), 0) << server.Log();
}

TEST(MariaDb, AnswersNobodyWhilePaused) {
  fixture::MariaDb server;
  ASSERT_TRUE(server.WaitReady()) << server.Log();

  server.Pause();
  const auto asked = [&] {
    return fixture::RunSql(server.address(), "", "SELECT 1", absl::Seconds(2));
  };
  EXPECT_NE(asked().exit_code, 0);

  server.Resume();
  EXPECT_TRUE(server.WaitReady()) << server.Log();
}

TEST(MariaDb, MakesEveryCommitDurable) {
  fixture::MariaDb server({.args = {"--max-allowed-packet=2M"}});
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  EXPECT_EQ(fixture::RunSql(server.address(), "",
                            "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, "
                            "@@max_allowed_packet")
                .out,
            absl::StrCat("1\t1\t", 2 << 20, "\n"));
}

TEST(SharedMariaDb, DatabasesAreApart) {
  fixture::Database one;
  fixture::Database other;
  EXPECT_EQ(one.address(), other.address());
  one.Run("CREATE TABLE t (n INT)");
  other.Run("CREATE TABLE t (text VARCHAR(9))");
  other.Run("INSERT INTO t VALUES ('ä\\tb')");
  EXPECT_EQ(one.Run("SELECT COUNT(*) FROM t"), "0\n");
  EXPECT_EQ(other.Run("SELECT text FROM t"), "ä\tb\n");
}

TEST(SharedMariaDb, DropsADatabaseAndItsUsersAtTheEnd) {
  std::string database;
  std::string user;
  {
    fixture::Database mine;
    database = mine.name();
    user = mine.NewUser("secret");
    EXPECT_EQ(mine.Run("SHOW DATABASES LIKE '" + database + "'"), database + "\n");
  }
  EXPECT_EQ(fixture::RunSql(fixture::SharedMariaDb(), "",
                            "SHOW DATABASES LIKE '" + database +
                                "'; SELECT user FROM mysql.user WHERE user = '" + user + "'")
                .out,
            "");
}

}  // namespace
}  // namespace saga
