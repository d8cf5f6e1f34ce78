#pragma once

#include <memory>
#include <vector>

#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/store_transfer.h"

namespace saga::adapter::mysql {

// Everything in a database, a page at a time.
class TransferReader final : public port::StoreReader {
 public:
  TransferReader(std::shared_ptr<SessionPool> pool, ColumnForm form)
      : pool_(std::move(pool)), records_(std::move(form)) {}

  absl::StatusOr<uint64_t> CountTransactions() override;
  absl::Status ReadAll(Sink sink) override;

 private:
  using Connection = saga::mysql::Connection;

  absl::Status ReadTransactions(Sink sink);
  // The next ones behind `after`.
  absl::StatusOr<std::vector<port::TransferTransaction>> TransactionPage(Connection& session,
                                                                         int64_t after) const;
  absl::Status AddHistory(Connection& session, std::vector<port::TransferTransaction>* page) const;
  // Calls `read` with pages of the rows of a table, until one is empty.
  template <typename Record, typename Read>
  absl::Status ReadTable(Sink sink, Read read);
  absl::StatusOr<std::vector<port::KvRecord>> KvPage(Connection& session, int64_t after) const;
  absl::StatusOr<std::vector<port::OutboxRecord>> OutboxPage(Connection& session,
                                                             int64_t after) const;
  absl::StatusOr<std::vector<port::ParkedMessage>> ParkedPage(Connection& session,
                                                              int64_t after) const;
  absl::Status ReadJobsAndItems(Sink sink);

  const std::shared_ptr<SessionPool> pool_;
  const RecordReader records_;
};

}  // namespace saga::adapter::mysql
