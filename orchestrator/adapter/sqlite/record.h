#pragma once

// Records as rows and back: the only place that knows the columns, with branch_rows.h.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter::sqlite {

// The columns that BindTransaction fills, and their parameters, for the INSERT; the UPDATE leaves
// the gid alone.
extern const char kInsertTransaction[];
extern const char kUpdateTransaction[];
extern const char kInsertHistory[];

// Texts that a bound statement points into: they live until it has run.
struct RecordText {
  std::string options;
  std::string predecessors;
};

void BindTransaction(Statement& insert, const core::GlobalTransaction& transaction,
                     base::Time next_wake, RecordText* text);
// The row with `id` that has the version before.
void BindTransactionUpdate(Statement& update, const core::GlobalTransaction& transaction,
                           base::Time next_wake, int64_t id, RecordText* text);
void BindHistory(Statement& insert, const core::HistoryEntry& entry, int64_t id, int64_t number);

struct Record {
  int64_t id = 0;
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
};

// "SELECT <columns that ReadTransaction reads> FROM global_transaction", to be continued with a
// WHERE.
extern const char kSelectTransaction[];
// From the row a statement made of kSelectTransaction stands on; without branches.
absl::StatusOr<Record> ReadTransaction(const Statement& row);
core::HistoryEntry ReadHistory(const Statement& row);

// Reads whole records over one connection. Thread safety: that of the connection.
class RecordReader {
 public:
  // `queries` counts every statement run. `path` is for error texts.
  int Prepare(const Connection* connection, std::string path,
              std::shared_ptr<std::atomic<uint64_t>> queries);

  // NotFound when there is none.
  absl::StatusOr<Record> ByGid(const std::string& gid);
  absl::StatusOr<Record> ById(int64_t id);

 private:
  absl::StatusOr<Record> ReadOne(Statement& statement);
  absl::Status ReadBranches(Record* record);

  const Connection* connection_ = nullptr;
  std::string path_;
  std::shared_ptr<std::atomic<uint64_t>> queries_;
  Statement by_gid_;
  Statement by_id_;
  Statement branches_;
};

}  // namespace saga::adapter::sqlite
