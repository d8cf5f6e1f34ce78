#pragma once

// A participant's own database: a SQLite file, or a database of a MySQL-protocol server that the
// service may share with others, also with services written with DTM's libraries in other
// languages. Statements are prepared once and kept.
//
//   auto db = Database::Open("/var/lib/order/order.db", {});
//   auto db = Database::Open("mysql://order@db.example:3306/shop", {.password = ...});
//   absl::Status done = (*db)->Write([&](Transaction& tx) -> absl::Status {
//     absl::StatusOr<int64_t> changed = tx.Execute("UPDATE orders SET version = version + 1 WHERE
//     id = ?", id);
//     ...
//   });
//
// Errors, always with the database's text: ALREADY_EXISTS a unique key; FAILED_PRECONDITION another
// constraint; UNAVAILABLE busy (locks of others, no free connection, deadlocks again and again) or
// not reachable, and nothing happened; RESOURCE_EXHAUSTED disk full; UNKNOWN the connection broke
// while committing, so that nobody here can know; INTERNAL the rest.
//
// How the two differ:
//   - SQLite runs transactions one after the other. MySQL runs them side by side (READ COMMITTED):
//     what was read may have changed when it is written, so lock it (ForUpdate) or state it in the
//     WHERE of the change, as both need it anyway across global transactions.
//   - MySQL ends one of two transactions that wait for each other. Write then runs `work` again
//     from its start.
//
// Thread safety: Database is thread-safe. A Transaction and its Rows belong to the thread that got
// them and live as long as the call they were handed to. Several processes may open one database.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/mysql/options.h"
#include "participants/sdk/session.h"

namespace saga::participants::sdk {

enum class Dialect { kSqlite, kMysql };

struct DatabaseOptions {
  // How long a statement waits for another transaction's locks, and a transaction for a connection.
  // MySQL counts locks in whole seconds, at least one.
  absl::Duration busy_timeout = absl::Seconds(5);
  // The barrier's table (barrier.h): "barrier" is in the database itself, "dtm_barrier.barrier" is
  // where DTM's Go client has it by default. Letters, digits and _; on SQLite without a dot.
  std::string barrier_table = "barrier";

  // MySQL only.
  std::string password;
  mysql::Tls tls = mysql::Tls::kOff;
  std::string tls_ca;        // PEM file for kVerified; empty: the system's
  int max_connections = 32;  // transactions at the same time; they are opened when needed
};

// The rows of one query, one at a time. Gives its statement back when it goes.
class Rows {
 public:
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  // True: there is a row, and the columns are of it.
  [[nodiscard]] absl::StatusOr<bool> Next() { return statement_->Next(); }
  int64_t Int(int column) const { return statement_->Int(column); }
  std::string Text(int column) const { return statement_->Text(column); }

 private:
  friend class Transaction;
  explicit Rows(Statement* statement) : statement_(statement) {}

  Statement* statement_;
};

class Transaction {
 public:
  Transaction(Session& session, Dialect dialect) : session_(session), dialect_(dialect) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Runs a statement that answers no rows; gives back how many rows it changed. `sql` is a literal
  // with a ? per argument: its prepared form is kept for the life of the connection.
  template <typename... Args>
  [[nodiscard]] absl::StatusOr<int64_t> Execute(absl::string_view sql, const Args&... args) {
    absl::StatusOr<Statement*> statement = session_.Prepare(sql, sizeof...(args));
    if (!statement.ok()) return statement.status();
    ((*statement)->Bind(args), ...);
    return (*statement)->Run();
  }

  // Runs a query. Two queries with the same text must not be open at the same time.
  template <typename... Args>
  [[nodiscard]] absl::StatusOr<Rows> Query(absl::string_view sql, const Args&... args) {
    absl::StatusOr<Statement*> statement = session_.Prepare(sql, sizeof...(args));
    if (!statement.ok()) return statement.status();
    ((*statement)->Bind(args), ...);
    Rows rows(*statement);
    if (absl::Status started = (*statement)->Start(); !started.ok()) return started;
    return rows;
  }

  // The id that the last INSERT made.
  int64_t LastInsertId() const { return session_.LastInsertId(); }

  Dialect dialect() const { return dialect_; }
  // Of two forms of a statement the one for this database.
  const char* In(const char* sqlite, const char* mysql) const {
    return dialect_ == Dialect::kSqlite ? sqlite : mysql;
  }

 private:
  Session& session_;
  const Dialect dialect_;
};

// What brings a service's tables from one version to the next. The statements of `mysql` must bear
// being run again (CREATE TABLE IF NOT EXISTS, ...): MySQL has no transactions around them, and two
// instances may start at the same time.
struct Migration {
  std::string sqlite;
  std::string mysql;
};

class Database {
 public:
  // "mysql://USER@HOST:PORT/DATABASE", which has to exist and be reachable; "sqlite:PATH" or a path
  // alone: the file, which is made when it is not there, in a folder that exists. A SQLite file is
  // kept so that what was committed survives a power cut (WAL, synchronous FULL); a MySQL server as
  // its operator has set it up.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& place,
                                                        const DatabaseOptions& options);

  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `work` inside one transaction, on SQLite with the write lock from its start (BEGIN
  // IMMEDIATE). OK: committed. Otherwise nothing of it stays; only after UNKNOWN it may.
  // On MySQL `work` runs again after a deadlock: it must begin from what it was given, not from
  // what an earlier run left behind.
  [[nodiscard]] virtual absl::Status Write(absl::FunctionRef<absl::Status(Transaction&)> work) = 0;

  // Runs `work` on one snapshot; it must not write.
  [[nodiscard]] virtual absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> work) = 0;

  // Brings the tables to the version that has the number of `migrations`, in order, each once. The
  // version is kept in the database (SQLite: PRAGMA user_version; MySQL: a row for `service` in the
  // table saga_schema_version, so that services may share a database). FAILED_PRECONDITION: it is
  // newer than this program knows.
  [[nodiscard]] virtual absl::Status Migrate(const std::string& service,
                                             const std::vector<Migration>& migrations) = 0;

  // Several statements without arguments, not in a transaction on MySQL.
  [[nodiscard]] virtual absl::Status Script(const std::string& sql) = 0;

  Dialect dialect() const { return dialect_; }
  const std::string& barrier_table() const { return barrier_table_; }

 protected:
  Database(Dialect dialect, std::string barrier_table);

 private:
  const Dialect dialect_;
  const std::string barrier_table_;
};

}  // namespace saga::participants::sdk
