#include "participants/sdk/sqlite_database.h"

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

class SqliteDatabase::OneStatement final : public Statement {
 public:
  explicit OneStatement(sqlite3_stmt* statement) : statement_(statement) {}
  ~OneStatement() override { sqlite3_finalize(statement_); }

  void Bind(int64_t value) override {
    SAGA_CHECK(sqlite3_bind_int64(statement_, ++bound_, value) == SQLITE_OK);
  }

  void Bind(absl::string_view value) override {
    // A null pointer would bind NULL, and an empty view may have one.
    const char* data = value.empty() ? "" : value.data();
    SAGA_CHECK(sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT,
                                   SQLITE_UTF8) == SQLITE_OK);
  }

  absl::StatusOr<int64_t> Run() override {
    const int result = sqlite3_step(statement_);
    sqlite3* const connection = sqlite3_db_handle(statement_);
    absl::StatusOr<int64_t> changed = sqlite3_changes64(connection);
    if (result != SQLITE_DONE) changed = LastError(connection, sqlite3_sql(statement_));
    Reset();
    return changed;
  }

  absl::Status Start() override { return absl::OkStatus(); }

  absl::StatusOr<bool> Next() override {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return LastError(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
  }

  int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }

  std::string Text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? std::string()
                           : std::string(text, sqlite3_column_bytes(statement_, column));
  }

  void Reset() override {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    bound_ = 0;
  }

  bool Busy() const { return sqlite3_stmt_busy(statement_) != 0; }
  int Arguments() const { return sqlite3_bind_parameter_count(statement_); }

 private:
  sqlite3_stmt* const statement_;
  int bound_ = 0;
};

class SqliteDatabase::OneSession final : public Session {
 public:
  explicit OneSession(sqlite3* connection) : connection_(connection) {}

  absl::StatusOr<Statement*> Prepare(absl::string_view sql, size_t arguments) override {
    std::unique_ptr<OneStatement>& kept = statements_[sql];
    if (kept == nullptr) {
      sqlite3_stmt* statement = nullptr;
      const int result = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
      if (result != SQLITE_OK) return LastError(connection_, sql);
      kept = std::make_unique<OneStatement>(statement);
    }
    SAGA_CHECK(kept->Arguments() == static_cast<int>(arguments));
    SAGA_CHECK(!kept->Busy());
    return kept.get();
  }

  int64_t LastInsertId() const override { return sqlite3_last_insert_rowid(connection_); }

  void Forget() { statements_.clear(); }

 private:
  sqlite3* const connection_;
  absl::flat_hash_map<std::string, std::unique_ptr<OneStatement>> statements_;
};

SqliteDatabase::SqliteDatabase(sqlite3* connection, const DatabaseOptions& options)
    : Database(Dialect::kSqlite, options.barrier_table),
      connection_(connection),
      session_(std::make_unique<OneSession>(connection)) {}

absl::StatusOr<std::unique_ptr<Database>> SqliteDatabase::Open(const std::string& path,
                                                               const DatabaseOptions& options) {
  sqlite3* connection = nullptr;
  // No mutex of SQLite's own: ours serialises every use.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  if (connection == nullptr) return absl::ResourceExhaustedError("database: no memory");
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(connection, options));
  if (result != SQLITE_OK) return LastError(connection, absl::StrCat("cannot open ", path));
  sqlite3_busy_timeout(connection,
                       static_cast<int>(absl::ToInt64Milliseconds(options.busy_timeout)));
  const absl::Status ready = database->Script(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  if (!ready.ok()) return absl::Status(ready.code(), absl::StrCat(path, ": ", ready.message()));
  return database;
}

SqliteDatabase::~SqliteDatabase() {
  const absl::MutexLock lock(&mutex_);
  session_->Forget();
  SAGA_CHECK(sqlite3_close(connection_) == SQLITE_OK);
}

absl::Status SqliteDatabase::RunScript(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK)
    return absl::OkStatus();
  return LastError(connection_, sql);
}

absl::Status SqliteDatabase::Script(const std::string& sql) {
  const absl::MutexLock lock(&mutex_);
  return RunScript(sql.c_str());
}

absl::Status SqliteDatabase::Migrate(const std::string& service,
                                     const std::vector<Migration>& migrations) {
  return Write([&](Transaction& tx) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    int64_t version = 0;
    {
      absl::StatusOr<Rows> rows = tx.Query("PRAGMA user_version");
      if (!rows.ok()) return rows.status();
      const absl::StatusOr<bool> row = rows->Next();
      if (!row.ok()) return row.status();
      version = rows->Int(0);
    }
    const auto known = static_cast<int64_t>(migrations.size());
    if (version > known) {
      return absl::FailedPreconditionError(absl::StrCat("database: the schema of ", service,
                                                        " has version ", version,
                                                        ", this program knows version ", known));
    }
    for (; version < known; ++version) {
      const std::string script =
          absl::StrCat(migrations[version].sqlite, "; PRAGMA user_version = ", version + 1);
      if (absl::Status made = RunScript(script.c_str()); !made.ok()) return made;
    }
    return absl::OkStatus();
  });
}

absl::Status SqliteDatabase::InTransaction(const char* begin,
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
  Transaction transaction(*session_, Dialect::kSqlite);
  if (absl::Status worked = work(transaction); !worked.ok()) return worked;
  return RunScript("COMMIT");
}

absl::Status SqliteDatabase::Write(absl::FunctionRef<absl::Status(Transaction&)> work) {
  return InTransaction("BEGIN IMMEDIATE", work);
}

absl::Status SqliteDatabase::Read(absl::FunctionRef<absl::Status(Transaction&)> work) {
  return InTransaction("BEGIN DEFERRED", work);
}

}  // namespace saga::participants::sdk
