#pragma once

// A participant's own SQLite database: one connection, opened so that what was committed survives a
// power cut (WAL, synchronous FULL), with its statements prepared once and kept.
//
//   auto db = Database::Open("/var/lib/order/order.db", {});
//   absl::Status done = (*db)->Write([&](Transaction& tx) -> absl::Status {
//     absl::StatusOr<int64_t> changed = tx.Execute("UPDATE orders SET version = version + 1 WHERE
//     id = ?", id);
//     ...
//   });
//
// Errors: ALREADY_EXISTS a unique key, FAILED_PRECONDITION another constraint, UNAVAILABLE busy for
// longer than the busy timeout, RESOURCE_EXHAUSTED disk full, INTERNAL the rest; always with
// SQLite's text.
//
// Thread safety: Database is thread-safe, its transactions run one after the other. A Transaction
// and its Rows belong to the thread that got them and live as long as the call they were handed to.
// Several processes may open one file.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace saga::participants::sdk {

struct DatabaseOptions {
  // How long a statement waits for another process's transaction.
  absl::Duration busy_timeout = absl::Seconds(5);
};

class Database;

// The rows of one query, one at a time. Gives its statement back when it goes.
class Rows {
 public:
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  // True: there is a row, and the columns are of it.
  [[nodiscard]] absl::StatusOr<bool> Next();
  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string Text(int column) const;

 private:
  friend class Transaction;
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}

  sqlite3_stmt* statement_;
};

class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Runs a statement that answers no rows; gives back how many rows it changed. `sql` is a literal
  // with a ? per argument: its prepared form is kept for the life of the database.
  template <typename... Args>
  [[nodiscard]] absl::StatusOr<int64_t> Execute(absl::string_view sql, const Args&... args) {
    absl::StatusOr<sqlite3_stmt*> statement = Prepare(sql, sizeof...(args));
    if (!statement.ok()) return statement.status();
    int position = 0;
    (Bind(*statement, ++position, args), ...);
    return Run(*statement);
  }

  // Runs a query. Two queries with the same text must not be open at the same time.
  template <typename... Args>
  [[nodiscard]] absl::StatusOr<Rows> Query(absl::string_view sql, const Args&... args) {
    absl::StatusOr<sqlite3_stmt*> statement = Prepare(sql, sizeof...(args));
    if (!statement.ok()) return statement.status();
    int position = 0;
    (Bind(*statement, ++position, args), ...);
    return Rows(*statement);
  }

  int64_t LastInsertId() const;

 private:
  friend class Database;
  explicit Transaction(Database& database) : database_(database) {}

  absl::StatusOr<sqlite3_stmt*> Prepare(absl::string_view sql, size_t arguments);
  static void Bind(sqlite3_stmt* statement, int position, int64_t value);
  static void Bind(sqlite3_stmt* statement, int position, absl::string_view value);
  absl::StatusOr<int64_t> Run(sqlite3_stmt* statement);
  absl::Status RunScript(const std::string& sql);

  Database& database_;
};

class Database {
 public:
  // Opens the file, which is made when it is not there; its folder must exist.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        const DatabaseOptions& options);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `work` inside one transaction that holds the write lock from its start (BEGIN IMMEDIATE),
  // so that what it reads is still true when it writes. OK: committed. Otherwise nothing of it
  // stays, unless the commit itself failed on a broken disk, where nobody can know.
  [[nodiscard]] absl::Status Write(absl::FunctionRef<absl::Status(Transaction&)> work)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Runs `work` on one snapshot; it must not write.
  [[nodiscard]] absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> work)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes the tables of `schema` in a new file and notes `version` there (PRAGMA user_version).
  // FAILED_PRECONDITION when the file was made by a program with another version: reading it could
  // misread it.
  [[nodiscard]] absl::Status EnsureSchema(int version, const std::string& schema)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Several statements without arguments.
  [[nodiscard]] absl::Status Script(const std::string& sql) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class Transaction;
  explicit Database(sqlite3* connection) : connection_(connection) {}

  absl::Status RunScript(const char* sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status InTransaction(const char* begin, absl::FunctionRef<absl::Status(Transaction&)> work)
      ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  sqlite3* const connection_;
  // Touched by Transaction only, which exists only while InTransaction holds the mutex.
  absl::flat_hash_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace saga::participants::sdk
