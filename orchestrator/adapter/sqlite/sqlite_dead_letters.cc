#include "orchestrator/adapter/sqlite/sqlite_dead_letters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/sqlite/sqlite_filter.h"
#include "orchestrator/adapter/sqlite/writer.h"
#include "orchestrator/adapter/store_common/dead_letter_groups.h"

namespace saga::adapter::sqlite {
namespace {

// The rows by their index, in the order of their keys; each then looked up in the two tables that
// know more of it.
constexpr char kDead[] =
    " FROM branch_trouble AS f INDEXED BY dead_branch CROSS JOIN branch AS b ON b.key = f.key "
    "CROSS JOIN global_transaction ON global_transaction.id = f.key / 4096 "
    "WHERE f.dead <> 0 AND global_transaction.status < 4";

class SqliteDeadLetters final : public port::DeadLetterQuery {
 public:
  SqliteDeadLetters(std::string path, std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(std::move(path)), queries_(std::move(queries)) {}

  absl::Status Open(const std::string& vfs) {
    absl::MutexLock lock(&mutex_);
    int code = connection_.Open(path_, SQLITE_OPEN_READONLY, vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(connection_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = RegisterFilterFunctions(connection_);
    if (code == SQLITE_OK) code = reader_.Prepare(&connection_, path_, queries_);
    if (code == SQLITE_OK) {
      code = count_.Prepare(connection_, absl::StrCat("SELECT b.target, b.op, f.dead_time", kDead));
    }
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, connection_);
  }

  absl::StatusOr<std::vector<port::DeadLetter>> ListDead(const core::Filter& filter, base::Time now,
                                                         uint64_t after, size_t limit) override {
    absl::MutexLock lock(&mutex_);
    // One snapshot for the list and the records.
    const int code = connection_.Exec("BEGIN");
    if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
    absl::StatusOr<std::vector<port::DeadLetter>> letters = List(filter, now, after, limit);
    connection_.Exec("COMMIT");
    return letters;
  }

  absl::StatusOr<std::vector<port::DeadLetterGroup>> GroupDead(const core::Filter& filter,
                                                               base::Time now) override {
    absl::MutexLock lock(&mutex_);
    const FilterSql where = DeadLetterFilterSql(filter, now, 1);
    Statement rows;
    int code =
        rows.Prepare(connection_, absl::StrCat("SELECT b.target, b.op, f.dead_time, b.last_error",
                                               kDead, " AND ", where.condition, " ORDER BY f.key"));
    if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
    where.BindTo(&rows);
    ++*queries_;
    DeadLetterGroups groups;
    for (code = rows.Step(); code == SQLITE_ROW; code = rows.Step()) {
      groups.Add(rows.Text(0), static_cast<core::Op>(rows.Number(1)), rows.Text(3),
                 base::Time{rows.Number(2)});
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, connection_);
    return groups.Take();
  }

  absl::StatusOr<std::vector<port::DeadLetterCount>> CountDead() override {
    absl::MutexLock lock(&mutex_);
    const StatementScope scope(&count_);
    ++*queries_;
    DeadLetterCounts counts;
    int code = count_.Step();
    for (; code == SQLITE_ROW; code = count_.Step()) {
      counts.Add(count_.Text(0), static_cast<core::Op>(count_.Number(1)),
                 base::Time{count_.Number(2)});
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, connection_);
    return counts.Take();
  }

 private:
  absl::StatusOr<std::vector<port::DeadLetter>> List(const core::Filter& filter, base::Time now,
                                                     uint64_t after, size_t limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const FilterSql where = DeadLetterFilterSql(filter, now, 3);
    Statement keys;
    int code = keys.Prepare(connection_, absl::StrCat("SELECT f.key", kDead, " AND f.key > ?1 AND ",
                                                      where.condition, " ORDER BY f.key LIMIT ?2"));
    if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
    keys.Bind(1, static_cast<int64_t>(std::min<uint64_t>(after, INT64_MAX)));
    keys.Bind(2, static_cast<int64_t>(std::min<uint64_t>(limit, INT64_MAX)));
    where.BindTo(&keys);
    ++*queries_;
    std::vector<port::DeadLetter> letters;
    // Of the transaction that the last key belongs to: the next one often does too.
    absl::StatusOr<Record> record = absl::NotFoundError("");
    for (code = keys.Step(); code == SQLITE_ROW; code = keys.Step()) {
      const int64_t key = keys.Number(0);
      if (!record.ok() || record->id != key / kRowsPerTransaction) {
        record = reader_.ById(key / kRowsPerTransaction);
        if (!record.ok()) return record.status();
      }
      port::DeadLetter& letter = letters.emplace_back();
      letter.position = static_cast<uint64_t>(key);
      letter.branch = record->transaction.branches[static_cast<size_t>(key % kRowsPerTransaction)];
      std::vector<core::Branch> branches = std::exchange(record->transaction.branches, {});
      letter.transaction = record->transaction;
      record->transaction.branches = std::move(branches);
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, connection_);
    return letters;
  }

  const std::string path_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex mutex_;
  Connection connection_ ABSL_GUARDED_BY(mutex_);
  RecordReader reader_ ABSL_GUARDED_BY(mutex_);
  Statement count_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::DeadLetterQuery>> OpenDeadLetters(
    const std::string& path, const std::string& vfs,
    std::shared_ptr<std::atomic<uint64_t>> queries) {
  auto letters = std::make_unique<SqliteDeadLetters>(path, std::move(queries));
  if (absl::Status status = letters->Open(vfs); !status.ok()) return status;
  return letters;
}

}  // namespace saga::adapter::sqlite
