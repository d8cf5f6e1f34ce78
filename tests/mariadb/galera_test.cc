// Three nodes are one database, and two of them go on without the third.

#include "tests/fixture/galera.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace saga {
namespace {

constexpr char kCountAfterAll[] = "SET SESSION wsrep_sync_wait = 1; SELECT COUNT(*) FROM shop.t";

class GaleraTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.WaitReady()) << cluster_.Logs();
    Must(0, "CREATE DATABASE shop; CREATE TABLE shop.t (n INT PRIMARY KEY)");
  }

  std::string Must(int node, const std::string& script) {
    const fixture::Finished finished = fixture::RunSql(cluster_.address(node), "", script);
    EXPECT_EQ(finished.exit_code, 0) << node << ": " << script << "\n" << finished.err;
    return finished.out;
  }

  // A commit is refused while the others find out that a node is gone.
  bool WriteSoon(int node, int value) {
    const std::string script = absl::StrCat("INSERT IGNORE INTO shop.t VALUES (", value, ")");
    return fixture::WaitUntil(absl::Seconds(60), [&] {
      return fixture::RunSql(cluster_.address(node), "", script).exit_code == 0;
    });
  }

  fixture::Galera cluster_;
};

TEST_F(GaleraTest, GoesOnWithoutANodeThatComesBack) {
  Must(0, "INSERT INTO shop.t VALUES (1)");
  EXPECT_EQ(Must(1, kCountAfterAll), "1\n");
  EXPECT_EQ(Must(2, kCountAfterAll), "1\n");

  cluster_.Kill(0);
  EXPECT_TRUE(WriteSoon(1, 2));
  EXPECT_EQ(Must(2, kCountAfterAll), "2\n");
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] { return cluster_.SizeSeenBy(1) == 2; }));

  cluster_.Start(0);
  ASSERT_TRUE(cluster_.WaitReady()) << cluster_.Logs();
  EXPECT_EQ(Must(0, kCountAfterAll), "2\n");
}

TEST_F(GaleraTest, GoesOnWithoutANodeThatIsPausedButNotWithOneNodeAlone) {
  cluster_.Pause(2);
  EXPECT_TRUE(WriteSoon(0, 1));
  EXPECT_EQ(Must(1, kCountAfterAll), "1\n");

  cluster_.Resume(2);
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] {
    return fixture::RunSql(cluster_.address(2), "", kCountAfterAll).out == "1\n";
  })) << cluster_.Logs();

  cluster_.Kill(0);
  cluster_.Kill(1);
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] { return cluster_.SizeSeenBy(2) == 0; }));
  const fixture::Finished refused =
      fixture::RunSql(cluster_.address(2), "", "INSERT INTO shop.t VALUES (1)");
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, testing::HasSubstr("WSREP has not yet prepared node"))
      << cluster_.Logs();
}

}  // namespace
}  // namespace saga
