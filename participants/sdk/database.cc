#include "participants/sdk/database.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"

namespace saga::participants::sdk {
namespace {

absl::StatusCode CodeOf(int extended) {
  switch (extended & 0xFF) {
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY
                 ? absl::StatusCode::kAlreadyExists
                 : absl::StatusCode::kFailedPrecondition;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    default:  // SQLite's codes are plain numbers, and more may come
      return absl::StatusCode::kInternal;
  }
}

absl::Status LastError(sqlite3* connection, absl::string_view doing) {
  return absl::Status(CodeOf(sqlite3_extended_errcode(connection)),
                      absl::StrCat("database: ", doing, ": ", sqlite3_errmsg(connection)));
}

}  // namespace

Rows::Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Rows::~Rows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

absl::StatusOr<bool> Rows::Next() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return LastError(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
}

std::string Rows::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr ? std::string()
                         : std::string(text, sqlite3_column_bytes(statement_, column));
}

absl::StatusOr<sqlite3_stmt*> Transaction::Prepare(absl::string_view sql, size_t arguments) {
  sqlite3_stmt*& statement = database_.statements_[sql];
  if (statement == nullptr) {
    const int result =
        sqlite3_prepare_v3(database_.connection_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) return LastError(database_.connection_, sql);
  }
  SAGA_CHECK(sqlite3_bind_parameter_count(statement) == static_cast<int>(arguments));
  SAGA_CHECK(!sqlite3_stmt_busy(statement));
  return statement;
}

void Transaction::Bind(sqlite3_stmt* statement, int position, int64_t value) {
  SAGA_CHECK(sqlite3_bind_int64(statement, position, value) == SQLITE_OK);
}

void Transaction::Bind(sqlite3_stmt* statement, int position, absl::string_view value) {
  // A null pointer would bind NULL, and an empty view may have one.
  const char* data = value.empty() ? "" : value.data();
  SAGA_CHECK(sqlite3_bind_text64(statement, position, data, value.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8) == SQLITE_OK);
}

absl::StatusOr<int64_t> Transaction::Run(sqlite3_stmt* statement) {
  const Rows rows(statement);
  const int result = sqlite3_step(statement);
  if (result != SQLITE_DONE) return LastError(database_.connection_, sqlite3_sql(statement));
  return sqlite3_changes64(database_.connection_);
}

absl::Status Transaction::RunScript(const std::string& sql) {
  if (sqlite3_exec(database_.connection_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
    return absl::OkStatus();
  return LastError(database_.connection_, sql);
}

int64_t Transaction::LastInsertId() const {
  return sqlite3_last_insert_rowid(database_.connection_);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                         const DatabaseOptions& options) {
  sqlite3* connection = nullptr;
  // No mutex of SQLite's own: ours serialises every use.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  if (connection == nullptr) return absl::ResourceExhaustedError("database: no memory");
  std::unique_ptr<Database> database(new Database(connection));
  if (result != SQLITE_OK) return LastError(connection, absl::StrCat("cannot open ", path));
  sqlite3_busy_timeout(connection,
                       static_cast<int>(absl::ToInt64Milliseconds(options.busy_timeout)));
  const absl::Status ready = database->Script(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  if (!ready.ok()) return absl::Status(ready.code(), absl::StrCat(path, ": ", ready.message()));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  SAGA_CHECK(sqlite3_close(connection_) == SQLITE_OK);
}

absl::Status Database::RunScript(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK)
    return absl::OkStatus();
  return LastError(connection_, sql);
}

absl::Status Database::Script(const std::string& sql) {
  const absl::MutexLock lock(&mutex_);
  return RunScript(sql.c_str());
}

absl::Status Database::EnsureSchema(int version, const std::string& schema) {
  return Write([&](Transaction& tx) -> absl::Status {
    int64_t found = 0;
    {
      absl::StatusOr<Rows> rows = tx.Query("PRAGMA user_version");
      if (!rows.ok()) return rows.status();
      const absl::StatusOr<bool> row = rows->Next();
      if (!row.ok()) return row.status();
      found = rows->Int(0);
    }
    if (found == version) return absl::OkStatus();
    if (found != 0) {
      return absl::FailedPreconditionError(absl::StrCat("database: its schema has version ", found,
                                                        ", this program knows version ", version));
    }
    const std::string script = absl::StrCat(schema, "; PRAGMA user_version = ", version);
    return tx.RunScript(script);
  });
}

absl::Status Database::InTransaction(const char* begin,
                                     absl::FunctionRef<absl::Status(Transaction&)> work) {
  const absl::MutexLock lock(&mutex_);
  if (absl::Status begun = RunScript(begin); !begun.ok()) return begun;
  // Ends the transaction also when `work` throws.
  struct Rollback {
    sqlite3* connection;
    ~Rollback() {
      if (!sqlite3_get_autocommit(connection))
        sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
    }
  } const rollback{connection_};
  Transaction transaction(*this);
  if (absl::Status worked = work(transaction); !worked.ok()) return worked;
  return RunScript("COMMIT");
}

absl::Status Database::Write(absl::FunctionRef<absl::Status(Transaction&)> work) {
  return InTransaction("BEGIN IMMEDIATE", work);
}

absl::Status Database::Read(absl::FunctionRef<absl::Status(Transaction&)> work) {
  return InTransaction("BEGIN DEFERRED", work);
}

}  // namespace saga::participants::sdk
