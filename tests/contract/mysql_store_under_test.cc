// The store on a real MariaDB. All tests of this program work in one database, one after another:
// making the tables takes longer than most of the tests.

#include <utility>

#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/base/check.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/mysql/connection.h"
#include "tests/contract/store_suite.h"
#include "tests/fixture/mariadb.h"

namespace saga::contract {
namespace {

// What is not listed keeps its rows: versions of the tables, and ids that were used.
constexpr const char* kTables[] = {"trans_global",   "trans_branch_op",     "kv",
                                   "sagad_node",     "sagad_transaction",   "sagad_history",
                                   "sagad_outbox",   "sagad_dead_letter",   "sagad_job",
                                   "sagad_job_item", "sagad_parked_message"};

// The database of this program; dropped at its end.
const saga::mysql::Options& SharedDatabase() {
  static const fixture::Database database;
  static const saga::mysql::Options options = *saga::mysql::ParseUrl(database.url());
  return options;
}

class MysqlUnderTest final : public StoreUnderTest {
 public:
  MysqlUnderTest() {
    Empty();
    Open();
  }
  ~MysqlUnderTest() override { Leave(); }
  port::TransactionStore& store() override { return *mysql_.store; }
  port::TransactionQuery& query() override { return *mysql_.query; }
  port::KvStore& kv() override { return *mysql_.kv; }
  port::OutboxStore& outbox() override { return *mysql_.outbox; }
  port::JobStore& jobs() override { return *mysql_.jobs; }
  port::DeadLetterQuery& dead_letters() override { return *mysql_.dead_letters; }
  port::Retention& retention() override { SAGA_CHECK(false); }
  void Reopen() override {
    Leave();
    Open();
    // What the one before was to publish and to do.
    EXPECT_TRUE(mysql_.store->NextDue().ok());
  }
  bool IsShared() const override { return true; }
  // A column of text, which pads with blanks.
  bool TakesGid(const std::string& gid) const override {
    for (size_t i = 0; i < gid.size();) {
      const size_t length = base::Utf8Length(gid, i);
      if (length == 0) return false;
      i += length;
    }
    return !gid.ends_with(' ');
  }

 private:
  static void Empty() {
    saga::mysql::Connection connection;
    absl::Status status = connection.Open(SharedDatabase());
    if (status.ok()) status = connection.Run("BEGIN");
    for (const char* table : kTables) {
      const auto there = connection.QueryOne(std::string("SHOW TABLES LIKE '") + table + "'");
      ASSERT_TRUE(there.ok()) << there.status();
      if (status.ok() && there->has_value())
        status = connection.Run(std::string("DELETE FROM ") + table);
    }
    if (status.ok()) status = connection.Run("COMMIT");
    ASSERT_TRUE(status.ok()) << status;
  }
  void Open() {
    auto opened = adapter::OpenMysqlStore({.database = SharedDatabase(), .node_name = "test"});
    ASSERT_TRUE(opened.ok()) << opened.status();
    mysql_ = *std::move(opened);
  }
  void Leave() {
    if (mysql_.store != nullptr) mysql_.store->Leave();
    mysql_ = {};
  }

  adapter::MysqlStore mysql_;
};

}  // namespace

std::vector<StoreKind> StoresUnderTest() {
  return {{"Mysql", [] { return std::make_unique<MysqlUnderTest>(); }}};
}

}  // namespace saga::contract
