#pragma once

// Records out of DTM's tables and ours, put together. What DTM's tables say about statuses counts:
// DTM may have run on the database since we wrote (protocol 7.1); then, as for transactions that
// were never ours, the rest is what a server that knows nothing more has to assume
// (dtm_record.h).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/mysql/connection.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

struct StoredRecord {
  int64_t id = 0;
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
  // sagad_transaction.owner; nullopt: it has ended, or it is DTM's and has no row there.
  std::optional<int64_t> owner;
  bool adopted = true;              // has a row in sagad_transaction
  bool from_dtm = false;            // nothing of it was written by us yet
  record::Split split;              // where its parts stand
  std::vector<int64_t> branch_ids;  // of the rows in trans_branch_op, in order; not of lists
};

// Columns of `trans_global AS g LEFT JOIN sagad_transaction AS s USING (id)`, for a statement
// "SELECT <these> FROM ..."; StoredRecordOf reads them from the row it stands on, without branches.
// Pure but for the statement.
extern const char kRecordColumns[];
extern const char kRecordTables[];
absl::StatusOr<StoredRecord> StoredRecordOf(const saga::mysql::Statement& row,
                                            const ColumnForm& form);

// Reads whole records on `session`. Thread safety: that of the session.
class RecordReader {
 public:
  // Without `side_tables` the database has none yet, and everything is DTM's.
  explicit RecordReader(ColumnForm form, bool side_tables = true);

  // NotFound when there is none. DataLoss names a record that makes no sense.
  absl::StatusOr<StoredRecord> ByGid(saga::mysql::Connection& session, absl::string_view gid) const;
  // Those that are there, by ascending id, in a few statements for all of them. A record that makes
  // no sense is left out and its id added to `*damaged`.
  absl::StatusOr<std::vector<StoredRecord>> ByIds(saga::mysql::Connection& session,
                                                  const std::vector<int64_t>& ids,
                                                  std::vector<int64_t>* damaged) const;

  const ColumnForm& form() const { return form_; }

 private:
  absl::Status AddBranches(saga::mysql::Connection& session, std::vector<StoredRecord>* records,
                           std::vector<int64_t>* damaged) const;

  const ColumnForm form_;
  const std::string select_;  // up to the WHERE
};

}  // namespace saga::adapter::mysql
