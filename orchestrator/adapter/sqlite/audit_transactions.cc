#include "orchestrator/adapter/sqlite/audit_transactions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/store_common/record_text.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter::sqlite {
namespace {

// As kSelectBranches, but with every row of branch_trouble, and the mark in the last column.
constexpr char kBranches[] =
    "SELECT b.key, op, status, called, attempts, unknown_streak, answered, last_outcome, "
    "next_attempt, finish_time, branch_id, target, last_error, payload, retry, f.key, on_fallback, "
    "first_failure, last_failure, dead, dead_time, deaths, b.trouble FROM branch AS b LEFT JOIN "
    "branch_trouble AS f ON f.key = b.key ORDER BY b.key";
constexpr int kTroubleMark = 22;
constexpr int kTroubleKey = 15;
constexpr char kHistory[] =
    "SELECT time, kind, op, attempt, outcome, branch_id, text, actor, transaction_id, number FROM "
    "history ORDER BY transaction_id, number";
constexpr int kHistoryOwner = 8;
constexpr int kHistoryNumber = 9;
constexpr char kStrayTroubles[] =
    "SELECT key FROM branch_trouble AS f WHERE NOT EXISTS (SELECT 1 FROM branch AS b WHERE b.key = "
    "f.key)";
constexpr uint64_t kProgressEvery = 1000;

const std::vector<ColumnRule>& TransactionRules() {
  static const std::vector<ColumnRule> rules = {
      {.column = 2, .name = "mode", .min = 1, .max = 5, .is_enum = true},
      {.column = 3, .name = "protocol", .min = 1, .max = 3, .is_enum = true},
      {.column = 4, .name = "status", .min = 1, .max = 5, .is_enum = true},
      {.column = 6, .name = "create_time"},
      {.column = 7, .name = "update_time"},
      {.column = 8, .name = "finish_time"},
      {.column = 9, .name = "next_wake", .optional = true},
      {.column = 10, .name = "wait_result", .min = 0, .max = 1},
      {.column = 11, .name = "concurrent", .min = 0, .max = 1},
      {.column = 12, .name = "delay"},
      {.column = 13, .name = "limited_retries", .min = 0, .max = UINT32_MAX},
      {.column = 14, .name = "definition_version", .min = 0, .max = UINT32_MAX}};
  return rules;
}

const std::vector<ColumnRule>& BranchRules() {
  static const std::vector<ColumnRule> rules = {
      {.column = 1, .name = "op", .min = 1, .max = 10, .is_enum = true},
      {.column = 2, .name = "status", .min = 1, .max = 3, .is_enum = true},
      {.column = 3, .name = "called", .min = 0, .max = 1},
      {.column = 4, .name = "attempts", .min = 0, .max = UINT32_MAX},
      {.column = 5, .name = "unknown_streak", .min = 0, .max = UINT32_MAX},
      {.column = 6, .name = "answered", .min = 0, .max = 1},
      {.column = 7, .name = "last_outcome", .min = 1, .max = 4, .is_enum = true},
      {.column = 8, .name = "next_attempt"},
      {.column = 9, .name = "finish_time"}};
  return rules;
}

const std::vector<ColumnRule>& TroubleRules() {
  static const std::vector<ColumnRule> rules = {
      {.column = 16, .name = "on_fallback", .min = 0, .max = 1},
      {.column = 17, .name = "first_failure"},
      {.column = 18, .name = "last_failure"},
      {.column = 19, .name = "dead", .min = 0, .max = 4, .is_enum = true},
      {.column = 20, .name = "dead_time"},
      {.column = 21, .name = "deaths", .min = 0, .max = UINT32_MAX}};
  return rules;
}

const std::vector<ColumnRule>& HistoryRules() {
  static const std::vector<ColumnRule> rules = {
      {.column = 0, .name = "time"},
      {.column = 1, .name = "kind", .min = 1, .max = 15, .is_enum = true},
      {.column = 2, .name = "op", .min = 1, .max = 10, .is_enum = true},
      {.column = 3, .name = "attempt", .min = 0, .max = UINT32_MAX},
      {.column = 4, .name = "outcome", .min = 1, .max = 4, .is_enum = true}};
  return rules;
}

int64_t Floor(int64_t key) {
  return key >= 0 ? key / kRowsPerTransaction : -((-key - 1) / kRowsPerTransaction) - 1;
}

class Walk {
 public:
  Walk(const Connection& connection, const port::StoreAudit::Listener& listener)
      : connection_(connection), listener_(listener) {}

  int Run() {
    int64_t all = 0;
    int code = connection_.ReadNumber("SELECT count(*) FROM global_transaction", &all);
    if (code == SQLITE_OK)
      code = transactions_.Open(connection_, absl::StrCat(kSelectTransaction, " ORDER BY id"));
    if (code == SQLITE_OK) code = branches_.Open(connection_, kBranches);
    if (code == SQLITE_OK) code = history_.Open(connection_, kHistory);
    uint64_t done = 0;
    while (code == SQLITE_OK && transactions_.AtRow()) {
      code = OneTransaction();
      if (++done % kProgressEvery == 0) listener_.on_progress(done, static_cast<uint64_t>(all));
    }
    if (code == SQLITE_OK) code = Strays(INT64_MAX);
    return code == SQLITE_OK ? StrayTroubles() : code;
  }

 private:
  int OneTransaction() {
    const Statement& row = transactions_.row();
    const int64_t id = row.Number(0);
    int code = Strays(id);
    if (code != SQLITE_OK) return code;
    RowFindings findings(std::string(row.Text(1)), listener_.on_finding);
    port::AuditedTransaction audited;
    std::optional<Record> record = ReadRow(row, &findings);
    if (record.has_value()) {
      audited.id = static_cast<uint64_t>(id);
      audited.transaction = std::move(record->transaction);
      audited.next_wake = record->next_wake;
    }
    code = ReadBranches(id, &audited, &findings);
    if (code == SQLITE_OK) code = ReadAllHistory(id, &audited, &findings);
    if (code != SQLITE_OK) return code;
    if (findings.count() == 0) listener_.on_transaction(audited);
    return transactions_.Next();
  }

  std::optional<Record> ReadRow(const Statement& row, RowFindings* findings) {
    bool good = findings->Check(row, TransactionRules(), "");
    if (row.Type(5) != SQLITE_INTEGER || row.Number(5) < 1) {
      findings->Add("version_below_one", "the version is ", row.Number(5));
      good = false;
    }
    const auto unreadable = [&](absl::string_view name, const absl::Status& status) {
      if (status.ok()) return;
      findings->Add(name, status.message());
      good = false;
    };
    unreadable("unreadable_options", DecodeOptions(row.Text(16)).status());
    unreadable("unreadable_order_graph", DecodePredecessors(row.Text(17)).status());
    if (!good) return std::nullopt;
    absl::StatusOr<Record> record = ReadTransaction(row);
    if (!record.ok()) return std::nullopt;
    return *std::move(record);
  }

  int ReadBranches(int64_t id, port::AuditedTransaction* audited, RowFindings* findings) {
    int code = SQLITE_OK;
    base::Bytes payload;
    int64_t expected = 0;
    for (; code == SQLITE_OK && branches_.AtRow(); code = branches_.Next()) {
      const Statement& row = branches_.row();
      const int64_t key = ReadBranchKey(row);
      if (Floor(key) != id) break;
      const int64_t number = key - KeyOf(id, 0);
      if (number != expected)
        findings->Add("branch_row_missing", "row ", expected, " is missing before row ", number);
      expected = number + 1;
      ReadOneBranch(row, number, &payload, audited, findings);
    }
    return code;
  }

  void ReadOneBranch(const Statement& row, int64_t number, base::Bytes* payload,
                     port::AuditedTransaction* audited, RowFindings* findings) {
    const std::string where = absl::StrCat(" of row ", number);
    const bool marked = row.Type(kTroubleMark) != SQLITE_NULL;
    const bool troubled = row.Type(kTroubleKey) != SQLITE_NULL;
    bool good = findings->Check(row, BranchRules(), where);
    if (troubled) good = findings->Check(row, TroubleRules(), where) && good;
    if (troubled && !marked)
      findings->Add("trouble_unmarked", "row ", number, " is in trouble and not marked so");
    if (marked && !troubled)
      findings->Add("trouble_missing", "row ", number,
                    " is marked and has no row in branch_trouble");
    if (number == 0 && row.IsNull(13))
      findings->Add("payload_chain", "row 0 has no payload of its own");
    if (!good) return;
    core::Branch branch;
    if (absl::Status read = ReadBranch(row, *payload, &branch); !read.ok())
      findings->Add("unreadable_retry", "row ", number, ": ", read.message());
    *payload = branch.payload;
    audited->transaction.branches.push_back(std::move(branch));
  }

  int ReadAllHistory(int64_t id, port::AuditedTransaction* audited, RowFindings* findings) {
    int code = SQLITE_OK;
    int64_t first = 0;
    int64_t expected = 0;
    size_t entries = 0;
    for (; code == SQLITE_OK && history_.AtRow(); code = history_.Next()) {
      const Statement& row = history_.row();
      if (row.Number(kHistoryOwner) != id) break;
      const int64_t number = row.Number(kHistoryNumber);
      if (entries++ == 0) {
        first = number;
      } else if (number != expected) {
        findings->Add("history_gap", "entry ", expected, " is missing before entry ", number);
      }
      expected = number + 1;
      if (findings->Check(row, HistoryRules(), absl::StrCat(" of history entry ", number)))
        audited->history.push_back(ReadHistory(row));
    }
    // Only what is full was cut.
    if (first != 0 && entries < core::kMaxHistory)
      findings->Add("history_without_beginning", "the first of ", entries, " entries is ", first);
    // A copy of one that was cut counts from 0 again.
    audited->whole_history = first == 0 && entries < core::kMaxHistory;
    return code;
  }

  // Rows of ids up to `id` that no transaction came by for.
  int Strays(int64_t id) {
    int code = SQLITE_OK;
    while (code == SQLITE_OK && branches_.AtRow() && Floor(ReadBranchKey(branches_.row())) < id)
      code = SkipOwner(&branches_, "branch_of_no_transaction",
                       [](const Statement& row) { return Floor(ReadBranchKey(row)); });
    while (code == SQLITE_OK && history_.AtRow() && history_.row().Number(kHistoryOwner) < id)
      code = SkipOwner(&history_, "history_of_no_transaction",
                       [](const Statement& row) { return row.Number(kHistoryOwner); });
    return code;
  }

  int SkipOwner(Cursor* cursor, absl::string_view name,
                absl::FunctionRef<int64_t(const Statement&)> owner_of) {
    const int64_t owner = owner_of(cursor->row());
    int code = SQLITE_OK;
    uint64_t rows = 0;
    for (; code == SQLITE_OK && cursor->AtRow() && owner_of(cursor->row()) == owner;
         code = cursor->Next())
      ++rows;
    RowFindings findings(absl::StrCat("transaction id ", owner), listener_.on_finding);
    findings.Add(name, rows, " rows of a transaction that is not there");
    return code;
  }

  int StrayTroubles() {
    Cursor cursor;
    int code = cursor.Open(connection_, kStrayTroubles);
    for (; code == SQLITE_OK && cursor.AtRow(); code = cursor.Next()) {
      const int64_t key = cursor.row().Number(0);
      RowFindings findings(absl::StrCat("transaction id ", Floor(key)), listener_.on_finding);
      findings.Add("trouble_of_no_row", "branch_trouble ", key, " has no branch");
    }
    return code;
  }

  const Connection& connection_;
  const port::StoreAudit::Listener& listener_;
  Cursor transactions_;
  Cursor branches_;
  Cursor history_;
};

}  // namespace

int AuditTransactions(const Connection& connection, const port::StoreAudit::Listener& listener) {
  return Walk(connection, listener).Run();
}

}  // namespace saga::adapter::sqlite
