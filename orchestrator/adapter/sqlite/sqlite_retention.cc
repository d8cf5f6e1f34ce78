#include "orchestrator/adapter/sqlite/sqlite_retention.h"

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/turn_writer.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter::sqlite {
namespace {

// Rows deleted until a commit ends: some milliseconds, also where they have to be read first.
constexpr int64_t kRowsAtOnce = 2000;
// Transactions looked at in one call, and such as are too young, one after another, until the rest
// is taken to be so as well. (One is too young behind which others are old when the clock jumped.)
constexpr int kLookAt = 10'000;
constexpr int kYoungInARow = 1000;

// The newest stays, so that its id is not given to another.
constexpr char kScan[] =
    "SELECT id, status, create_time, finish_time FROM global_transaction "
    "WHERE id > ?1 AND id < (SELECT max(id) FROM global_transaction) ORDER BY id LIMIT ?2";

// Thread safety: none.
class Sweeper {
 public:
  Sweeper(const std::string& path, std::shared_ptr<WriteTurn> turn,
          std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(path), queries_(std::move(queries)), writer_(path, std::move(turn)) {}

  absl::Status Open(const SqliteOptions& options) {
    int code = reader_.Open(path_, SQLITE_OPEN_READONLY, options.vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(reader_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = scan_.Prepare(reader_, kScan);
    if (code != SQLITE_OK) return FailureOf(code, path_, reader_);
    absl::Status status = writer_.Open(options, TurnWriter::Durability::kWithTheNext);
    if (!status.ok()) return status;
    const std::pair<Statement*, const char*> statements[] = {
        {&delete_branches_, "DELETE FROM branch WHERE key BETWEEN ?1 AND ?2"},
        {&delete_troubles_, "DELETE FROM branch_trouble WHERE key BETWEEN ?1 AND ?2"},
        {&delete_history_, "DELETE FROM history WHERE transaction_id = ?1"},
        {&delete_, "DELETE FROM global_transaction WHERE id = ?1"}};
    for (const auto& [statement, sql] : statements) {
      code = statement->Prepare(writer_.connection(), sql);
      if (code != SQLITE_OK) return FailureOf(code, path_, writer_.connection());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<port::Forgotten> DeleteFinished(base::Time before, size_t limit) {
    Pass next = pass_;
    std::vector<int64_t> ids;
    bool complete = false;
    if (absl::Status status = Look(before, limit, &next, &ids, &complete); !status.ok())
      return status;
    absl::StatusOr<size_t> deleted = Delete(ids);
    if (!deleted.ok()) return deleted.status();
    if (*deleted < ids.size()) {
      // The rest had too many rows: they are found again.
      next = {.last_id = ids[*deleted - 1]};
      complete = false;
    }
    pass_ = complete ? Pass{} : next;
    return port::Forgotten{.transactions = *deleted, .complete = complete};
  }

 private:
  // How far it has come since it began with the oldest.
  struct Pass {
    int64_t last_id = INT64_MIN;
    int young = 0;  // the last ones in a row
  };

  absl::Status Look(base::Time before, size_t limit, Pass* pass, std::vector<int64_t>* ids,
                    bool* complete) {
    const StatementScope scope(&scan_);
    scan_.Bind(1, pass->last_id);
    scan_.Bind(2, kLookAt);
    ++*queries_;
    int seen = 0;
    while (ids->size() < limit) {
      const int code = scan_.Step();
      if (code == SQLITE_DONE) {
        *complete = seen < kLookAt;
        return absl::OkStatus();
      }
      if (code != SQLITE_ROW) return FailureOf(code, path_, reader_);
      ++seen;
      pass->last_id = scan_.Number(0);
      const bool ended = core::IsFinal(static_cast<core::Status>(scan_.Number(1)));
      if (ended && base::Time{scan_.Number(3)} < before) ids->push_back(pass->last_id);
      pass->young = base::Time{scan_.Number(2)} < before ? 0 : pass->young + 1;
      if (pass->young < kYoungInARow) continue;
      *complete = true;
      return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  // How many of them, from the first on.
  absl::StatusOr<size_t> Delete(const std::vector<int64_t>& ids) {
    if (ids.empty()) return 0;
    size_t deleted = 0;
    int64_t rows = 0;
    int code = writer_.Begin();
    while (code == SQLITE_OK && deleted < ids.size() && rows < kRowsAtOnce)
      code = DeleteOne(ids[deleted++], &rows);
    absl::Status status = writer_.End(code);
    if (!status.ok()) return status;
    return deleted;
  }

  int DeleteOne(int64_t id, int64_t* rows) {
    for (Statement* const statement : {&delete_branches_, &delete_troubles_}) {
      statement->Bind(1, KeyOf(id, 0));
      statement->Bind(2, KeyOf(id + 1, 0) - 1);
    }
    delete_history_.Bind(1, id);
    delete_.Bind(1, id);
    for (Statement* const statement :
         {&delete_branches_, &delete_troubles_, &delete_history_, &delete_}) {
      if (const int code = statement->Run(); code != SQLITE_OK) return code;
      *rows += writer_.Changes();
    }
    return SQLITE_OK;
  }

  const std::string path_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  Connection reader_;
  Statement scan_;
  TurnWriter writer_;
  Statement delete_branches_;
  Statement delete_troubles_;
  Statement delete_history_;
  Statement delete_;
  Pass pass_;
};

class SqliteRetention final : public port::Retention {
 public:
  SqliteRetention(std::string path, SqliteOptions options, std::shared_ptr<WriteTurn> turn,
                  std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(std::move(path)),
        options_(std::move(options)),
        turn_(std::move(turn)),
        queries_(std::move(queries)) {}

  absl::StatusOr<port::Forgotten> DeleteFinished(base::Time before, size_t limit) override {
    absl::MutexLock lock(&mutex_);
    if (sweeper_ == nullptr) {
      auto sweeper = std::make_unique<Sweeper>(path_, turn_, queries_);
      if (absl::Status status = sweeper->Open(options_); !status.ok()) return status;
      sweeper_ = std::move(sweeper);
    }
    return sweeper_->DeleteFinished(before, limit);
  }

 private:
  const std::string path_;
  const SqliteOptions options_;
  const std::shared_ptr<WriteTurn> turn_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex mutex_;
  std::unique_ptr<Sweeper> sweeper_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<port::Retention> MakeRetention(const std::string& path,
                                               const SqliteOptions& options,
                                               std::shared_ptr<WriteTurn> turn,
                                               std::shared_ptr<std::atomic<uint64_t>> queries) {
  return std::make_unique<SqliteRetention>(path, options, std::move(turn), std::move(queries));
}

}  // namespace saga::adapter::sqlite
