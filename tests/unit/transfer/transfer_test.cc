// From a store to a file and from the file to another store: nothing is lost, changed or half done.

#include "orchestrator/transfer/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/sqlite_transfer.h"
#include "orchestrator/core/limits.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"
#include "tests/unit/transfer/filled_store.h"

namespace saga::transfer {
namespace {

using contract::InsertOf;
using testing::HasSubstr;

constexpr int kTransactions = 300;

const auto kSilent = [](uint64_t, uint64_t) {};

class Transfer : public testing::Test {
 protected:
  void SetUp() override { FillStore(from_, kTransactions, &transactions_, &histories_); }

  absl::StatusOr<Transferred> Write(const std::string& store, const std::string& file) {
    auto reader = adapter::OpenSqliteReader(store);
    if (!reader.ok()) return reader.status();
    return Export(**reader, file, {.store = "sqlite", .program = "test"}, kSilent);
  }
  absl::StatusOr<Transferred> Read(const std::string& file, const std::string& store) {
    auto writer = adapter::OpenSqliteWriter(store);
    if (!writer.ok()) return writer.status();
    return Import(file, **writer, kSilent);
  }

  fixture::TempDir dir_;
  const std::string from_ = dir_.File("from.db");
  const std::string to_ = dir_.File("to.db");
  const std::string file_ = dir_.File("export");
  std::vector<core::GlobalTransaction> transactions_;
  std::vector<std::vector<core::HistoryEntry>> histories_;
};

TEST_F(Transfer, TheOtherStoreHasTheSame) {
  const auto written = Write(from_, file_);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(TextOf(written->counts),
            "300 transactions, 2 records, 30 messages, 3 parked messages, 2 jobs with 2003 items");
  const auto read = Read(file_, to_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->counts, written->counts);
  EXPECT_EQ(read->digest, written->digest);
  const auto again = Write(to_, dir_.File("again"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->digest, written->digest);

  auto opened = adapter::OpenSqliteStore(to_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  for (size_t i = 0; i < transactions_.size(); ++i) {
    const auto found = opened->query->Find(transactions_[i].gid);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->transaction, transactions_[i]) << i;
    const auto history = opened->query->History(transactions_[i].gid);
    ASSERT_TRUE(history.ok());
    ASSERT_EQ(*history, histories_[i]) << i;
  }
  const auto topic = opened->kv->FindKv("topics", "paid");
  ASSERT_TRUE(topic.ok());
  EXPECT_EQ(topic->version, 2u);
  EXPECT_EQ(topic->create_time, kNow);
  EXPECT_EQ(topic->update_time, kNow + base::Seconds(1));
  // And it goes on being written.
  core::GlobalTransaction more = contract::SmallSaga("more");
  EXPECT_EQ(opened->store->Commit({InsertOf(more, kNow)})[0].kind, port::WriteResult::Kind::kDone);
  transactions_[0].version += 1;
  EXPECT_EQ(opened->store->Commit({contract::UpdateOf(transactions_[0], kNow)})[0].kind,
            port::WriteResult::Kind::kDone);
}

TEST_F(Transfer, AnEmptyStoreIsOneToo) {
  ASSERT_TRUE(adapter::OpenSqliteStore(dir_.File("empty.db")).ok());
  const auto written = Write(dir_.File("empty.db"), file_);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->counts, Counts{});
  // A store that was started once and is empty may be filled.
  ASSERT_TRUE(adapter::OpenSqliteStore(to_).ok());
  EXPECT_TRUE(Read(file_, to_).ok());
  ASSERT_TRUE(Write(from_, file_).ok());
  const auto filled = Read(file_, to_);
  EXPECT_TRUE(filled.ok()) << filled.status();
}

TEST_F(Transfer, AStoreThatHoldsSomethingIsLeftAlone) {
  ASSERT_TRUE(Write(from_, file_).ok());
  const auto refused = Read(file_, from_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not empty"));
}

TEST_F(Transfer, AStoreInUseIsLeftAlone) {
  ASSERT_TRUE(Write(from_, file_).ok());
  auto running = adapter::OpenSqliteStore(to_);
  ASSERT_TRUE(running.ok());
  EXPECT_THAT(std::string(Read(file_, to_).status().message()), HasSubstr("in use"));
  EXPECT_THAT(std::string(Write(to_, dir_.File("x")).status().message()), HasSubstr("in use"));
}

TEST_F(Transfer, AFileThatIsNotAsItWasWrittenFillsNothing) {
  ASSERT_TRUE(Write(from_, file_).ok());
  const std::string good = fixture::ReadFile(file_);
  ASSERT_GT(good.size(), 10'000u);
  std::vector<std::string> bad;
  for (size_t part = 0; part < 20; ++part) {
    bad.push_back(good.substr(0, good.size() * part / 20));
    bad.push_back(good);
    bad.back()[(good.size() - 1) * part / 19] ^= 0x10;
  }
  bad.push_back(good.substr(0, good.size() - 1));
  bad.push_back(good + "x");
  bad.push_back(good + good);
  for (const std::string& content : bad) {
    fixture::WriteFile(file_, content);
    const auto read = Read(file_, to_);
    ASSERT_FALSE(read.ok()) << content.size() << " bytes of " << good.size();
    ASSERT_EQ(fixture::ReadFile(to_), "") << "nothing is there";
    ASSERT_EQ(fixture::ReadFile(to_ + ".import"), "");
  }
  fixture::WriteFile(file_, good);
  EXPECT_TRUE(Read(file_, to_).ok());
}

// One that keeps less than it is given.
class Forgetful final : public port::StoreWriter {
 public:
  explicit Forgetful(std::unique_ptr<port::StoreWriter> writer) : writer_(std::move(writer)) {}
  absl::Status Put(port::TransferRecord record) override {
    if (++puts_ == 100) return absl::OkStatus();
    if (auto* held = std::get_if<port::TransferTransaction>(&record); held != nullptr && puts_ == 5)
      held->stored.transaction.custom_data += "!";
    return writer_->Put(std::move(record));
  }
  absl::Status Flush() override { return writer_->Flush(); }
  port::StoreReader& reader() override { return writer_->reader(); }
  absl::Status Publish() override {
    published = true;
    return writer_->Publish();
  }
  bool published = false;

 private:
  const std::unique_ptr<port::StoreWriter> writer_;
  int puts_ = 0;
};

TEST_F(Transfer, WhatTheStoreDidNotKeepIsNoticed) {
  ASSERT_TRUE(Write(from_, file_).ok());
  {
    auto writer = adapter::OpenSqliteWriter(to_);
    ASSERT_TRUE(writer.ok());
    Forgetful forgetful(*std::move(writer));
    const auto read = Import(file_, forgetful, kSilent);
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
    EXPECT_FALSE(forgetful.published);
  }
  EXPECT_EQ(fixture::ReadFile(to_), "");
}

}  // namespace
}  // namespace saga::transfer
