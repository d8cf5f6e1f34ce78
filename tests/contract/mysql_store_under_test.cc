// The store on a real MariaDB.

#include <utility>

#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/base/utf8.h"
#include "tests/contract/mysql_test_database.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

class MysqlUnderTest final : public StoreUnderTest {
 public:
  MysqlUnderTest() {
    EmptyTestDatabase();
    Open();
  }
  ~MysqlUnderTest() override { Leave(); }
  port::TransactionStore& store() override { return *mysql_.store; }
  port::TransactionQuery& query() override { return *mysql_.query; }
  port::KvStore& kv() override { return *mysql_.kv; }
  port::OutboxStore& outbox() override { return *mysql_.outbox; }
  port::JobStore& jobs() override { return *mysql_.jobs; }
  port::DeadLetterQuery& dead_letters() override { return *mysql_.dead_letters; }
  port::Retention& retention() override { return *mysql_.retention; }
  void Reopen() override {
    Leave();
    Open();
    // What the one before was to publish and to do.
    EXPECT_TRUE(mysql_.announce("127.0.0.1:1").ok());
  }
  bool IsShared() const override { return true; }
  // A column of text, which pads with blanks.
  bool TakesGid(const std::string& gid) const override {
    return base::IsUtf8(gid) && !gid.ends_with(' ');
  }

 private:
  void Open() {
    auto opened = adapter::OpenMysqlStore({.database = TestDatabase(), .node_name = "test"});
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
