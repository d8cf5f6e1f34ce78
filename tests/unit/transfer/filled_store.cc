#include "tests/unit/transfer/filled_store.h"

#include <gtest/gtest.h>

#include <utility>

#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/port/store_transfer.h"
#include "tests/contract/random_record.h"

namespace saga::transfer {
namespace {

using contract::Random;

void FillTransactions(port::TransactionStore& store, int count,
                      std::vector<core::GlobalTransaction>* written,
                      std::vector<std::vector<core::HistoryEntry>>* histories) {
  Random random(11);
  for (int i = 0; i < count; ++i) {
    core::GlobalTransaction transaction =
        contract::RandomTransaction(random, "gid-" + std::to_string(i));
    transaction.version = 1 + random() % 50;
    if (i % 3 == 0) transaction.status = core::Status::kSucceed;
    std::vector<core::HistoryEntry> history;
    for (uint64_t entry = random() % 4; entry > 0; --entry)
      history.push_back(contract::RandomHistory(random));
    const std::vector<base::Message> messages = {contract::RandomMessage(random)};
    const bool sleeps = i % 3 == 0 || random() % 3 == 0;
    port::Write write = contract::InsertOf(
        transaction, sleeps ? base::kNever : base::Time{static_cast<int64_t>(random() >> 2)},
        &history);
    if (i % 10 == 0) write.outbox = &messages;
    const auto results = store.Commit({write});
    ASSERT_EQ(results[0].kind, port::WriteResult::Kind::kDone) << results[0].error;
    if (written != nullptr) written->push_back(std::move(transaction));
    if (histories != nullptr) histories->push_back(std::move(history));
  }
}

void FillSides(adapter::SqliteStore& opened) {
  Random random(12);
  for (const std::string name : {"paid", "sent"})
    ASSERT_TRUE(opened.kv->CreateKv("topics", name, "[]", kNow).ok());
  ASSERT_TRUE(opened.kv->UpdateKv("topics", "paid", "[1]", 1, kNow + base::Seconds(1)).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(opened.outbox
                    ->Park({.park_time = kNow,
                            .reason = "nonsense",
                            .partition = i,
                            .offset = 7,
                            .message = contract::RandomMessage(random)},
                           {})
                    .ok());
  }
  std::vector<port::JobItem> items;
  for (uint32_t i = 0; i < 2 * port::kTransferItems + 3; ++i)
    items.push_back({.number = i, .gid = "gid-1", .branch_id = "01", .death = i});
  ASSERT_TRUE(opened.jobs->CreateJob({.token = "many", .create_time = kNow}, items).ok());
  ASSERT_TRUE(opened.jobs->CreateJob({.token = "none", .create_time = kNow}, {}).ok());
}

}  // namespace

void FillStore(const std::string& path, int transactions,
               std::vector<core::GlobalTransaction>* written,
               std::vector<std::vector<core::HistoryEntry>>* histories) {
  auto opened = adapter::OpenSqliteStore(path);
  ASSERT_TRUE(opened.ok()) << opened.status();
  FillTransactions(*opened->store, transactions, written, histories);
  FillSides(*opened);
}

}  // namespace saga::transfer
