// The sides of the store on tables that DTM made: columns that are narrow, times in whole seconds,
// a collation that takes upper for lower case; and rows that DTM wrote.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/mariadb.h"

namespace saga::adapter {
namespace {

using contract::InsertOf;
using contract::SmallSaga;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Protocol 7.1.
constexpr char kDtmTables[] = R"sql(
CREATE TABLE trans_global (
  id bigint(22) NOT NULL AUTO_INCREMENT PRIMARY KEY, gid varchar(128) NOT NULL,
  trans_type varchar(45) NOT NULL, status varchar(12) NOT NULL,
  query_prepared varchar(1024) NOT NULL, protocol varchar(45) NOT NULL,
  create_time datetime DEFAULT NULL, update_time datetime DEFAULT NULL,
  finish_time datetime DEFAULT NULL, rollback_time datetime DEFAULT NULL,
  options varchar(1024) DEFAULT '', custom_data varchar(1024) DEFAULT '',
  next_cron_interval int(11) DEFAULT NULL, next_cron_time datetime DEFAULT NULL,
  owner varchar(128) NOT NULL DEFAULT '', ext_data TEXT, result varchar(1024) DEFAULT '',
  rollback_reason varchar(1024) DEFAULT '',
  UNIQUE KEY gid (gid), KEY owner (owner), KEY status_next_cron_time (status, next_cron_time)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
CREATE TABLE trans_branch_op (
  id bigint(22) NOT NULL AUTO_INCREMENT PRIMARY KEY, gid varchar(128) NOT NULL,
  url varchar(1024) NOT NULL, data TEXT, bin_data BLOB, branch_id varchar(128) NOT NULL,
  op varchar(45) NOT NULL, status varchar(45) NOT NULL, finish_time datetime DEFAULT NULL,
  rollback_time datetime DEFAULT NULL, create_time datetime DEFAULT NULL,
  update_time datetime DEFAULT NULL, UNIQUE KEY gid_uniq (gid, branch_id, op)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
CREATE TABLE kv (
  id bigint(22) NOT NULL AUTO_INCREMENT PRIMARY KEY, cat varchar(45) NOT NULL,
  k varchar(128) NOT NULL, v TEXT, version bigint(22) DEFAULT 1,
  create_time datetime DEFAULT NULL, update_time datetime DEFAULT NULL,
  UNIQUE KEY uniq_k (cat, k)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
)sql";

constexpr base::Time kNow{1'700'000'000'123'456};
constexpr base::Time kSecond{1'700'000'000'000'000};

class MysqlDtmTables : public ::testing::Test {
 protected:
  void SetUp() override {
    database_.Run(kDtmTables);
    auto opened =
        OpenMysqlStore({.database = *saga::mysql::ParseUrl(database_.url()), .node_name = "test"});
    ASSERT_TRUE(opened.ok()) << opened.status();
    mysql_ = *std::move(opened);
  }
  void TearDown() override {
    if (mysql_.store != nullptr) mysql_.store->Leave();
  }

  port::KvStore& kv() { return *mysql_.kv; }
  port::TransactionQuery& query() { return *mysql_.query; }
  void Insert(const core::GlobalTransaction& transaction) {
    const std::vector<core::HistoryEntry> history = {{.time = kNow, .text = "submitted"}};
    const auto results = mysql_.store->Commit({InsertOf(transaction, base::kNever, &history)});
    ASSERT_EQ(results[0].kind, port::WriteResult::Kind::kDone) << results[0].error;
  }
  std::vector<std::string> Listed(const port::ListFilter& filter) {
    const auto page = query().List(filter);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> gids;
    if (!page.ok()) return gids;
    for (const port::StoredTransaction& stored : *page) gids.push_back(stored.transaction.gid);
    return gids;
  }
  static core::Filter Parsed(const std::string& text) {
    auto filter = core::ParseFilter(text);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return filter.value_or(core::Filter());
  }

  fixture::Database database_;
  MysqlStore mysql_;
};

TEST_F(MysqlDtmTables, ARecordsTimesAreInWholeSeconds) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "one", kNow).ok());
  const auto created = kv().FindKv("topics", "paid");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->create_time, kSecond);
  EXPECT_EQ(created->version, 1u);
  ASSERT_TRUE(kv().UpdateKv("topics", "paid", "two", 1, kNow + base::Seconds(5)).ok());
  const auto updated = kv().FindKv("topics", "paid");
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->create_time, kSecond);
  EXPECT_EQ(updated->update_time, kSecond + base::Seconds(5));
  EXPECT_EQ(updated->value, "two");
  EXPECT_EQ(updated->version, 2u);
}

TEST_F(MysqlDtmTables, AKeyThatOnlyTheCollationTakesForAnotherIsNotFound) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "one", kNow).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(kv().CreateKv("topics", "Paid", "two", kNow)));
  for (const std::string key : {"Paid", "PAID", "paid "}) {
    EXPECT_TRUE(absl::IsNotFound(kv().FindKv("topics", key).status())) << key;
    EXPECT_TRUE(absl::IsNotFound(kv().UpdateKv("topics", key, "two", 1, kNow))) << key;
    EXPECT_TRUE(absl::IsNotFound(kv().DeleteKv("topics", key))) << key;
    const auto listed = kv().ListKv({.category = "topics", .key = key});
    ASSERT_TRUE(listed.ok());
    EXPECT_THAT(*listed, IsEmpty()) << key;
  }
  EXPECT_TRUE(absl::IsNotFound(kv().FindKv("Topics", "paid").status()));
  EXPECT_EQ(kv().FindKv("topics", "paid")->value, "one");
}

TEST_F(MysqlDtmTables, APageIsFullAlthoughTheCollationFoundMore) {
  for (const std::string category : {"a", "A", "a", "A", "a", "A"}) {
    static int number = 0;
    ASSERT_TRUE(kv().CreateKv(category, absl::StrCat("key-", ++number), "v", kNow).ok());
  }
  const auto listed = kv().ListKv({.category = "a", .limit = 2});
  ASSERT_TRUE(listed.ok());
  ASSERT_THAT(*listed, SizeIs(2));
  EXPECT_EQ(listed->front().key, "key-5");
  EXPECT_EQ(listed->back().key, "key-3");
  const auto rest = kv().ListKv({.category = "a", .before_id = listed->back().id, .limit = 2});
  ASSERT_TRUE(rest.ok());
  EXPECT_THAT(*rest, SizeIs(1));
}

TEST_F(MysqlDtmTables, WhatTheColumnsDoNotTakeIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(kv().CreateKv("topics", std::string(129, 'k'), "v", kNow)));
  EXPECT_TRUE(absl::IsInvalidArgument(kv().CreateKv("topics", "\xff", "v", kNow)));
  EXPECT_TRUE(absl::IsInvalidArgument(kv().CreateKv("topics", "k", std::string(70000, 'v'), kNow)));
  EXPECT_TRUE(absl::IsNotFound(kv().FindKv("topics", "\xff").status()));
  const auto listed = kv().ListKv({});
  ASSERT_TRUE(listed.ok());
  EXPECT_THAT(*listed, IsEmpty());
}

TEST_F(MysqlDtmTables, AGidIsFoundAsItIsWrittenOnly) {
  core::GlobalTransaction transaction = SmallSaga("Order-1");
  transaction.branches[1].dead = core::DeadReason::kContract;
  transaction.branches[1].dead_time = kNow;
  Insert(transaction);
  const auto found = query().Find("Order-1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->transaction, transaction);
  EXPECT_THAT(*query().History("Order-1"), SizeIs(1));
  for (const std::string gid : {"order-1", "ORDER-1", "Order-1 ", "\xff"}) {
    EXPECT_TRUE(absl::IsNotFound(query().Find(gid).status())) << gid;
    const auto history = query().History(gid);
    ASSERT_TRUE(history.ok()) << gid << ": " << history.status();
    EXPECT_THAT(*history, IsEmpty()) << gid;
  }
  EXPECT_THAT(Listed({.gid_prefix = "Ord"}), ElementsAre("Order-1"));
  EXPECT_THAT(Listed({.gid_prefix = "ord"}), IsEmpty());
  EXPECT_THAT(Listed({.filter = Parsed("gid=Order-1")}), ElementsAre("Order-1"));
  EXPECT_THAT(Listed({.filter = Parsed("gid=order-1")}), IsEmpty());
  EXPECT_THAT(*mysql_.dead_letters->ListDead(Parsed("gid=Order-1"), kNow, 0, 9), SizeIs(1));
  EXPECT_THAT(*mysql_.dead_letters->ListDead(Parsed("gid=order-1"), kNow, 0, 9), IsEmpty());
}

TEST_F(MysqlDtmTables, RowsThatDtmWroteAreListedAndCounted) {
  database_.Run(
      "INSERT INTO trans_global (gid, trans_type, status, query_prepared, protocol, create_time, "
      "update_time, next_cron_time) VALUES "
      "('ended', 'saga', 'succeed', '', 'http', '2024-01-02 03:04:05', '2024-01-02 03:04:06', "
      "NULL), "
      "('open', 'tcc', 'prepared', '', 'grpc', '2024-01-02 03:04:07', '2024-01-02 03:04:07', "
      "'2024-01-02 03:04:17');"
      "INSERT INTO trans_branch_op (gid, url, bin_data, branch_id, op, status) VALUES "
      "('ended', 'http://shop/pay', '{}', '01', 'action', 'succeed')");
  EXPECT_THAT(Listed({}), ElementsAre("open", "ended"));
  EXPECT_THAT(Listed({.modes = {core::Mode::kTcc}}), ElementsAre("open"));
  EXPECT_THAT(Listed({.statuses = {core::Status::kSucceed}}), ElementsAre("ended"));
  EXPECT_THAT(Listed({.filter = Parsed("dest~shop")}), ElementsAre("ended"));
  const auto open = query().Find("open");
  ASSERT_TRUE(open.ok()) << open.status();
  const base::Time created = open->transaction.create_time;
  EXPECT_THAT(Listed({.created_from = created}), ElementsAre("open"));
  EXPECT_THAT(Listed({.created_to = created - base::Seconds(1)}), ElementsAre("ended"));
  const auto counts = query().Count();
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_THAT(counts->open, ElementsAre(std::pair(core::Status::kPrepared, 1u)));
  EXPECT_EQ(counts->oldest_open, created);
}

}  // namespace
}  // namespace saga::adapter
