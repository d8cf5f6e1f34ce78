#pragma once

// One answer of port::TransactionQuery::List. The database is asked for the ids that may match, in
// pages; whether a record does match is asked of the core. Which ids: those of one gid, of a prefix
// or of statuses that few have, each by its index, or else all from the newest down.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/mysql/connection.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::adapter::mysql {

port::StoredTransaction StoredTransactionOf(StoredRecord record);

// Used by one thread, once. What it is given outlives it.
class TransactionList {
 public:
  TransactionList(SessionPool& pool, const RecordReader& reader, const port::ListFilter& filter);

  // DataLoss names a record that makes no sense.
  absl::StatusOr<std::vector<port::StoredTransaction>> Read();

 private:
  using Connection = saga::mysql::Connection;

  // Newest first.
  struct Page {
    std::vector<int64_t> ids;  // what may match
    std::vector<StoredRecord> records;
    int64_t last = 0;  // down to here all were looked at; 0: there are no more
  };
  using Ids = absl::StatusOr<std::vector<int64_t>>;

  absl::StatusOr<std::optional<std::vector<int64_t>>> FewIds(Connection& session) const;
  // Up to kFew + 1.
  Ids IdsByPrefix(Connection& session) const;
  Ids IdsByStatus(Connection& session) const;
  absl::StatusOr<Page> NextPage(Connection& session) const;
  // The next page without its records.
  Page NextOfFew() const;
  absl::StatusOr<Page> NextOfAll(Connection& session) const;
  Page PageOf(saga::mysql::Statement& row, size_t asked) const;
  absl::Status ReadRecords(Connection& session, Page* page) const;
  bool Wanted(const StoredRecord& record) const;

  SessionPool& pool_;
  const RecordReader& reader_;
  const port::ListFilter& filter_;
  std::vector<core::Status> statuses_;  // what is wanted can have no others
  std::vector<core::Mode> modes_;
  std::string prefix_;  // as a pattern of LIKE; empty: none
  bool with_branches_ = false;
  size_t glance_;
  std::vector<port::StoredTransaction> found_;
  int64_t before_ = INT64_MAX;               // what is below it was not read yet
  std::optional<std::vector<int64_t>> few_;  // newest first; nullopt: it may be any
};

}  // namespace saga::adapter::mysql
