// Lists over more transactions than anybody wants to read for a page.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "tests/fixture/mariadb.h"

namespace saga::adapter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// More than are looked up by an index and sorted (transaction_list.cc).
constexpr int kMany = 25'000;

class MysqlList : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new fixture::Database();
    auto opened =
        OpenMysqlStore({.database = *saga::mysql::ParseUrl(database_->url()), .node_name = "test"});
    ASSERT_TRUE(opened.ok()) << opened.status();
    mysql_ = new MysqlStore(*std::move(opened));
    // "many-1" to "many-25000" ended well, but every thousandth failed; "rare-1", "rare-2" among
    // the first. As DTM would have written them.
    database_->Run(absl::StrCat(
        "INSERT INTO trans_global (id, gid, trans_type, status, query_prepared, protocol, "
        "create_time, update_time, finish_time, options, custom_data) SELECT seq, CASE WHEN seq "
        "IN (1, 2) THEN CONCAT('rare-', seq) ELSE CONCAT('many-', seq) END, 'saga', "
        "CASE WHEN seq % 1000 = 0 THEN 'failed' ELSE 'succeed' END, '', 'http', "
        "'2024-01-02 03:04:05', '2024-01-02 03:04:05', '2024-01-02 03:04:05', '', '' FROM "
        "seq_1_to_",
        kMany));
  }
  static void TearDownTestSuite() {
    if (mysql_ != nullptr) mysql_->store->Leave();
    delete mysql_;
    delete database_;
  }

  struct Answer {
    std::vector<std::string> gids;
    uint64_t statements = 0;
  };
  Answer List(const port::ListFilter& filter) {
    const uint64_t before = mysql_->query->QueryCount();
    const auto page = mysql_->query->List(filter);
    Answer answer{.gids = {}, .statements = mysql_->query->QueryCount() - before};
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return answer;
    for (const port::StoredTransaction& stored : *page)
      answer.gids.push_back(stored.transaction.gid);
    return answer;
  }
  static core::Filter Parsed(const std::string& text) {
    auto filter = core::ParseFilter(text);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return filter.value_or(core::Filter());
  }

  // With what keeps the lease meanwhile.
  static constexpr uint64_t kFew = 30;
  static fixture::Database* database_;
  static MysqlStore* mysql_;
};

fixture::Database* MysqlList::database_ = nullptr;
MysqlStore* MysqlList::mysql_ = nullptr;

TEST_F(MysqlList, APageCostsFewStatements) {
  using core::Status;
  const struct {
    port::ListFilter filter;
    std::vector<std::string> gids;
  } kPages[] = {
      {{.limit = 2}, {"many-25000", "many-24999"}},
      {{.before_id = 100, .limit = 2}, {"many-99", "many-98"}},
      {{.gid_prefix = "rare", .limit = 9}, {"rare-2", "rare-1"}},
      {{.gid_prefix = "many-7", .limit = 2}, {"many-7999", "many-7998"}},
      {{.gid_prefix = "many-", .limit = 2}, {"many-25000", "many-24999"}},
      {{.statuses = {Status::kFailed}, .limit = 2}, {"many-25000", "many-24000"}},
      {{.statuses = {Status::kSucceed}, .limit = 2}, {"many-24999", "many-24998"}},
      {{.statuses = {Status::kSubmitted}, .limit = 2}, {}},
      {{.modes = {core::Mode::kXa}, .limit = 2}, {}},
      {{.filter = Parsed("gid=many-17"), .limit = 2}, {"many-17"}},
      {{.filter = Parsed("state=open and age>1s"), .limit = 2}, {}},
      {{.filter = Parsed("state=failed and not mode=tcc"), .limit = 2},
       {"many-25000", "many-24000"}},
  };
  for (size_t i = 0; i < std::size(kPages); ++i) {
    const Answer answer = List(kPages[i].filter);
    EXPECT_EQ(answer.gids, kPages[i].gids) << i;
    EXPECT_LT(answer.statements, kFew) << i;
  }
}

TEST_F(MysqlList, WhatOnlyARecordTellsIsFoundHoweverFarDown) {
  EXPECT_THAT(List({.filter = Parsed("gid~are-"), .limit = 9}).gids,
              ElementsAre("rare-2", "rare-1"));
  EXPECT_THAT(List({.filter = Parsed("dead=yes"), .limit = 9}).gids, IsEmpty());
}

TEST_F(MysqlList, PagesMeetEachOnce) {
  std::set<std::string> seen;
  port::ListFilter filter{.statuses = {core::Status::kFailed}, .limit = 7};
  for (;;) {
    const auto page = mysql_->query->List(filter);
    ASSERT_TRUE(page.ok()) << page.status();
    if (page->empty()) break;
    for (const port::StoredTransaction& stored : *page)
      EXPECT_TRUE(seen.insert(stored.transaction.gid).second);
    filter.before_id = page->back().id;
  }
  EXPECT_THAT(seen, SizeIs(kMany / 1000));
}

}  // namespace
}  // namespace saga::adapter
