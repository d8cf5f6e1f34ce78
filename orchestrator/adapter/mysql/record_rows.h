#pragma once

// Records as rows: what stands in DTM's columns, what in ours. The reading half is record_reader.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/mysql/statement.h"

namespace saga::adapter::mysql {

// Everything of one write that is text made for a column: it lives until its statements have run.
struct TransactionRow {
  int64_t id = 0;
  const core::GlobalTransaction* transaction = nullptr;
  std::string custom_data, query_prepared, result, rollback_reason, options;
  std::string create_time, update_time, finish_time, next_cron_time;
  std::string detail;
  int64_t next_cron_interval = 0;
  // Of sagad_transaction.
  std::optional<int64_t> owner;
  base::Time free_wake;  // unset: NULL
  base::Time next_wake = base::kNever;
};

// `next_wake` as the store was told; `owner` who holds it from now on: 0 nobody, nullopt it ended.
TransactionRow MakeTransactionRow(const core::GlobalTransaction& transaction, int64_t id,
                                  base::Time next_wake, std::optional<int64_t> owner,
                                  const ColumnForm& form);

// "INSERT ... (columns) VALUES" and "(?, ...)" of trans_global, and what an update sets. A new row
// whose gid another one has makes the update fail: nothing is stored.
extern const char kGlobalColumns[];
extern const char kGlobalUpdates[];
inline constexpr int kGlobalValues = 16;
void BindGlobal(saga::mysql::Statement& statement, const TransactionRow& row);

extern const char kSideColumns[];
extern const char kSideUpdates[];
// As kSideUpdates, and a row changes only when `owner` holds it and it has the version before: rows
// that did count one, rows that changed count two (Statement::Affected).
std::string SideUpdatesOf(int64_t owner);
inline constexpr int kSideValues = 6;
void BindSide(saga::mysql::Statement& statement, const TransactionRow& row);

// Whether a branch has a row in trans_branch_op: not what DTM has none for.
bool HasRow(const core::Branch& branch);

struct BranchRow {
  int64_t id = 0;
  const core::Branch* branch = nullptr;
  const TransactionRow* of = nullptr;
  bool is_new = true;
  std::string branch_id, target, finish_time;
  absl::string_view payload;  // as much of it as the column holds
};

BranchRow MakeBranchRow(const core::Branch& branch, int64_t id, const TransactionRow& of,
                        const ColumnForm& form);
// An insert has the payload, an update leaves it alone. A new row for a branch op that another one
// has makes the update fail.
extern const char kBranchColumns[];
extern const char kBranchUpdates[];
inline constexpr int kBranchValues = 11;
void BindBranch(saga::mysql::Statement& statement, const BranchRow& row);

}  // namespace saga::adapter::mysql
