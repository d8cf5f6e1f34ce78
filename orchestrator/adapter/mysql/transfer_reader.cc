#include "orchestrator/adapter/mysql/transfer_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/job_rows.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"
#include "orchestrator/adapter/store_common/job_item.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

// Rows read at once: a transaction may have megabytes, and so may a message.
constexpr int kPage = 64;

// The ids of the next rows of `sql`, which asks for "id > ? ... LIMIT ?".
absl::StatusOr<Statement*> RunPage(Connection& session, const std::string& sql, int64_t after) {
  absl::StatusOr<Statement*> page = session.Prepared(sql);
  if (!page.ok()) return page.status();
  if (absl::Status run = (*page)->Bind(after).Bind(kPage).Run(); !run.ok()) return run;
  return page;
}

int64_t IdOf(const port::KvRecord& record) { return static_cast<int64_t>(record.id); }
int64_t IdOf(const port::OutboxRecord& record) { return static_cast<int64_t>(record.id); }
int64_t IdOf(const port::ParkedMessage& record) { return static_cast<int64_t>(record.id); }

absl::StatusOr<std::vector<port::JobItem>> ItemPage(Connection& session, int64_t job,
                                                    int64_t from) {
  const auto page = session.Prepared(absl::StrCat("SELECT ", kJobItemColumns,
                                                  " FROM sagad_job_item WHERE job_id = ? "
                                                  "AND number >= ? ORDER BY number LIMIT ?"));
  if (!page.ok()) return page.status();
  (*page)->Bind(job).Bind(from).Bind(static_cast<int64_t>(port::kTransferItems));
  if (absl::Status run = (*page)->Run(); !run.ok()) return run;
  std::vector<port::JobItem> items;
  while ((*page)->Next()) items.push_back(ReadJobItem(**page));
  return items;
}

}  // namespace

absl::StatusOr<uint64_t> TransferReader::CountTransactions() {
  return pool_->With([](Connection& session) -> absl::StatusOr<uint64_t> {
    const auto count = session.Prepared("SELECT COUNT(*) FROM trans_global");
    if (!count.ok()) return count.status();
    if (absl::Status run = (*count)->Run(); !run.ok()) return run;
    uint64_t number = 0;
    while ((*count)->Next()) number = static_cast<uint64_t>((*count)->Number(0));
    return number;
  });
}

absl::Status TransferReader::ReadAll(Sink sink) {
  absl::Status status = ReadTransactions(sink);
  if (status.ok())
    status = ReadTable<port::KvRecord>(
        sink, [this](Connection& session, int64_t after) { return KvPage(session, after); });
  if (status.ok())
    status = ReadTable<port::OutboxRecord>(
        sink, [this](Connection& session, int64_t after) { return OutboxPage(session, after); });
  if (status.ok())
    status = ReadTable<port::ParkedMessage>(
        sink, [this](Connection& session, int64_t after) { return ParkedPage(session, after); });
  return status.ok() ? ReadJobsAndItems(sink) : status;
}

absl::Status TransferReader::ReadTransactions(Sink sink) {
  for (int64_t after = INT64_MIN;;) {
    auto page = pool_->With([&](Connection& session) { return TransactionPage(session, after); });
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    after = static_cast<int64_t>(page->back().stored.id);
    for (port::TransferTransaction& one : *page) {
      if (absl::Status put = sink(std::move(one)); !put.ok()) return put;
    }
  }
}

absl::StatusOr<std::vector<port::TransferTransaction>> TransferReader::TransactionPage(
    Connection& session, int64_t after) const {
  const auto list =
      RunPage(session, "SELECT id FROM trans_global WHERE id > ? ORDER BY id LIMIT ?", after);
  if (!list.ok()) return list.status();
  std::vector<int64_t> ids;
  while ((*list)->Next()) ids.push_back((*list)->Number(0));
  std::vector<port::TransferTransaction> page;
  if (ids.empty()) return page;
  std::vector<int64_t> damaged;
  absl::StatusOr<std::vector<StoredRecord>> records = records_.ByIds(session, ids, &damaged);
  if (!records.ok()) return records.status();
  if (!damaged.empty()) {
    return absl::DataLossError(absl::StrCat("the transaction with id ", damaged.front(),
                                            " in trans_global makes no sense"));
  }
  for (StoredRecord& record : *records) {
    page.push_back({.stored = {.id = static_cast<uint64_t>(record.id),
                               .transaction = std::move(record.transaction),
                               .next_wake = record.next_wake}});
  }
  const absl::Status added = AddHistory(session, &page);
  if (!added.ok()) return added;
  return page;
}

absl::Status TransferReader::AddHistory(Connection& session,
                                        std::vector<port::TransferTransaction>* page) const {
  const auto list = session.Prepared(
      "SELECT transaction_id, entry FROM sagad_history WHERE transaction_id BETWEEN ? AND ? "
      "ORDER BY transaction_id, number");
  if (!list.ok()) return list.status();
  (*list)->Bind(page->front().stored.id).Bind(page->back().stored.id);
  if (absl::Status run = (*list)->Run(); !run.ok()) return run;
  auto owner = page->begin();
  while ((*list)->Next()) {
    const auto id = static_cast<uint64_t>((*list)->Number(0));
    while (owner != page->end() && owner->stored.id < id) ++owner;
    if (owner == page->end() || owner->stored.id != id) continue;
    absl::StatusOr<core::HistoryEntry> entry = record::DecodeHistory((*list)->Text(1));
    if (!entry.ok()) return entry.status();
    owner->history.push_back(*std::move(entry));
  }
  return absl::OkStatus();
}

template <typename Record, typename Read>
absl::Status TransferReader::ReadTable(Sink sink, Read read) {
  for (int64_t after = INT64_MIN;;) {
    absl::StatusOr<std::vector<Record>> page =
        pool_->With([&](Connection& session) { return read(session, after); });
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    after = IdOf(page->back());
    for (Record& record : *page) {
      if (absl::Status put = sink(std::move(record)); !put.ok()) return put;
    }
  }
}

absl::StatusOr<std::vector<port::KvRecord>> TransferReader::KvPage(Connection& session,
                                                                   int64_t after) const {
  const auto list = RunPage(session,
                            "SELECT id, cat, k, v, version, create_time, update_time FROM kv "
                            "WHERE id > ? ORDER BY id LIMIT ?",
                            after);
  if (!list.ok()) return list.status();
  const Statement& row = **list;
  std::vector<port::KvRecord> page;
  while ((*list)->Next()) {
    page.push_back({.id = static_cast<uint64_t>(row.Number(0)),
                    .category = std::string(row.Text(1)),
                    .key = std::string(row.Text(2)),
                    .value = std::string(row.Text(3)),
                    .version = static_cast<uint64_t>(row.Number(4)),
                    .create_time = TimeOf(row.Text(5), records_.form().zone),
                    .update_time = TimeOf(row.Text(6), records_.form().zone)});
  }
  return page;
}

absl::StatusOr<std::vector<port::OutboxRecord>> TransferReader::OutboxPage(Connection& session,
                                                                           int64_t after) const {
  const auto list = RunPage(session,
                            "SELECT id, create_time, topic, message_key, headers, value FROM "
                            "sagad_outbox WHERE id > ? ORDER BY id LIMIT ?",
                            after);
  if (!list.ok()) return list.status();
  const Statement& row = **list;
  std::vector<port::OutboxRecord> page;
  while ((*list)->Next()) {
    absl::StatusOr<base::Message> message = ReadMessage(row, 2);
    if (!message.ok()) return message.status();
    page.push_back({.id = static_cast<uint64_t>(row.Number(0)),
                    .create_time = base::Time{row.Number(1)},
                    .message = *std::move(message)});
  }
  return page;
}

absl::StatusOr<std::vector<port::ParkedMessage>> TransferReader::ParkedPage(Connection& session,
                                                                            int64_t after) const {
  const auto list =
      RunPage(session,
              "SELECT id, park_time, reason, topic_partition, partition_offset, topic, "
              "message_key, headers, value FROM sagad_parked_message WHERE id > ? ORDER BY id "
              "LIMIT ?",
              after);
  if (!list.ok()) return list.status();
  const Statement& row = **list;
  std::vector<port::ParkedMessage> page;
  while ((*list)->Next()) {
    absl::StatusOr<base::Message> message = ReadMessage(row, 5);
    if (!message.ok()) return message.status();
    page.push_back({.id = static_cast<uint64_t>(row.Number(0)),
                    .park_time = base::Time{row.Number(1)},
                    .reason = std::string(row.Text(2)),
                    .partition = static_cast<int32_t>(row.Number(3)),
                    .offset = row.Number(4),
                    .message = *std::move(message)});
  }
  return page;
}

absl::Status TransferReader::ReadJobsAndItems(Sink sink) {
  auto jobs =
      pool_->With([](Connection& session) { return ReadJobs(session, "state <> 0", SIZE_MAX); });
  if (!jobs.ok()) return jobs.status();
  std::reverse(jobs->begin(), jobs->end());
  for (const StoredJob& stored : *jobs) {
    if (absl::Status put = sink(stored.job); !put.ok()) return put;
    for (int64_t from = 0;;) {
      auto items =
          pool_->With([&](Connection& session) { return ItemPage(session, stored.id, from); });
      if (!items.ok()) return items.status();
      if (items->empty()) break;
      from = int64_t{items->back().number} + 1;
      absl::Status put =
          sink(port::TransferItems{.token = stored.job.token, .items = *std::move(items)});
      if (!put.ok()) return put;
    }
  }
  return absl::OkStatus();
}

}  // namespace saga::adapter::mysql
