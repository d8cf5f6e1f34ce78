#include "orchestrator/adapter/memory/memory_jobs.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "tests/contract/store_suite.h"
#include "tests/fixture/temp_dir.h"

namespace saga::contract {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  port::TransactionStore& store() override { return store_; }
  port::TransactionQuery& query() override { return store_; }
  port::KvStore& kv() override { return kv_; }
  port::OutboxStore& outbox() override { return store_.outbox(); }
  port::JobStore& jobs() override { return jobs_; }
  port::DeadLetterQuery& dead_letters() override { return store_; }
  port::Retention& retention() override { return store_; }
  void Reopen() override { store_.Restore(store_.Snapshot()); }

 private:
  adapter::MemoryStore store_;
  adapter::MemoryKv kv_;
  adapter::MemoryJobs jobs_;
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { Open(); }
  port::TransactionStore& store() override { return *sqlite_.store; }
  port::TransactionQuery& query() override { return *sqlite_.query; }
  port::KvStore& kv() override { return *sqlite_.kv; }
  port::OutboxStore& outbox() override { return *sqlite_.outbox; }
  port::JobStore& jobs() override { return *sqlite_.jobs; }
  port::DeadLetterQuery& dead_letters() override { return *sqlite_.dead_letters; }
  port::Retention& retention() override { return *sqlite_.retention; }
  void Reopen() override {
    sqlite_ = {};
    Open();
  }

 private:
  void Open() {
    auto opened = adapter::OpenSqliteStore(dir_.File("sagad.db"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    sqlite_ = *std::move(opened);
  }

  fixture::TempDir dir_;
  adapter::SqliteStore sqlite_;
};

}  // namespace

std::vector<StoreKind> StoresUnderTest() {
  return {{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
          {"Sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}};
}

}  // namespace saga::contract
