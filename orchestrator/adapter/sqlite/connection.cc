#include "orchestrator/adapter/sqlite/connection.h"

#include <mutex>

namespace saga::adapter::sqlite {
namespace {

// SQLite's own memory statistics take a global lock at every allocation, and nobody here reads
// them. Has to come before the first use in the process; when somebody else was first, it stays as
// they wanted it.
void ConfigureOnce() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

}  // namespace

Connection::~Connection() { sqlite3_close_v2(db_); }

int Connection::Open(const std::string& path, int flags, const std::string& vfs) {
  ConfigureOnce();
  const int code =
      sqlite3_open_v2(path.c_str(), &db_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      vfs.empty() ? nullptr : vfs.c_str());
  return code;
}

int Connection::Exec(const char* sql) { return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }

int Connection::ReadNumber(const char* sql, int64_t* value) const {
  Statement statement;
  int code = statement.Prepare(*this, sql);
  if (code != SQLITE_OK) return code;
  code = statement.Step();
  if (code == SQLITE_ROW) *value = statement.Number(0);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int Connection::ReadText(const char* sql, std::string* value) const {
  Statement statement;
  int code = statement.Prepare(*this, sql);
  if (code != SQLITE_OK) return code;
  code = statement.Step();
  if (code == SQLITE_ROW) *value = std::string(statement.Text(0));
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int Statement::Prepare(const Connection& connection, absl::string_view sql) {
  sqlite3_finalize(statement_);
  statement_ = nullptr;
  return sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                            SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
}

absl::string_view Statement::Text(int column) const {
  // The blob reader takes any column: it leaves bytes as they are, where the text reader would look
  // at encodings.
  const void* const data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace saga::adapter::sqlite
