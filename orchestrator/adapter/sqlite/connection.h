#pragma once

// SQLite's C interface with owners: a connection and a prepared statement that close themselves.
// Results stay SQLite's codes here; failure.h makes them into errors for people.

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace saga::adapter::sqlite {

// Thread safety: none; one user at a time, and not the same one forever.
class Connection {
 public:
  Connection() = default;
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `flags` are SQLITE_OPEN_*; `vfs` empty: the default. Returns an extended result code.
  int Open(const std::string& path, int flags, const std::string& vfs);
  // Runs statements that return nothing anybody needs.
  int Exec(const char* sql);
  // The first column of the first row; `*value` is untouched when there is no row.
  int ReadNumber(const char* sql, int64_t* value) const;
  int ReadText(const char* sql, std::string* value) const;

  sqlite3* get() const { return db_; }
  bool InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

 private:
  sqlite3* db_ = nullptr;
};

class Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  int Prepare(const Connection& connection, absl::string_view sql);

  // Parameters count from 1. Text and blobs are not copied: they outlive the Step calls. A failed
  // bind (too long) is reported by Step.
  void Bind(int index, int64_t value) { Note(sqlite3_bind_int64(statement_, index, value)); }
  void BindReal(int index, double value) { Note(sqlite3_bind_double(statement_, index, value)); }
  void BindNull(int index) { Note(sqlite3_bind_null(statement_, index)); }
  void BindText(int index, absl::string_view value) {
    Note(sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  }
  // NULL for an empty text: costs nothing in the row.
  void BindOptional(int index, absl::string_view value) {
    value.empty() ? BindNull(index) : BindText(index, value);
  }
  void BindBlob(int index, absl::string_view value) {
    if (value.empty()) {
      Note(sqlite3_bind_zeroblob(statement_, index, 0));
    } else {
      Note(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC));
    }
  }

  // SQLITE_ROW, SQLITE_DONE or an extended error code.
  int Step() { return bind_error_ != SQLITE_OK ? bind_error_ : sqlite3_step(statement_); }
  // For a statement without rows: runs it to its end and makes it ready for the next time.
  // SQLITE_OK or an error.
  int Run() {
    const int code = Step();
    Reset();
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  void Reset() {
    sqlite3_reset(statement_);
    bind_error_ = SQLITE_OK;
  }

  int64_t Number(int column) const { return sqlite3_column_int64(statement_, column); }
  double Real(int column) const { return sqlite3_column_double(statement_, column); }
  // SQLITE_INTEGER and so on.
  int Type(int column) const { return sqlite3_column_type(statement_, column); }
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  // Valid until the next Step or Reset.
  absl::string_view Text(int column) const;

 private:
  void Note(int code) {
    if (code != SQLITE_OK) bind_error_ = code;
  }

  sqlite3_stmt* statement_ = nullptr;
  int bind_error_ = SQLITE_OK;
};

// Makes a statement ready for its next use when the reader leaves, whichever way.
class StatementScope {
 public:
  explicit StatementScope(Statement* statement) : statement_(statement) {}
  ~StatementScope() { statement_->Reset(); }

  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;

 private:
  Statement* statement_;
};

}  // namespace saga::adapter::sqlite
