#pragma once

// A connection that writes in turn with the store's: what the tables beside the transactions are
// written over.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter::sqlite {

// Thread safety: none.
class TurnWriter {
 public:
  enum class Durability : uint8_t {
    kAtOnce,       // when End returns
    kWithTheNext,  // with the next commit that is durable; a crash before may undo it
  };

  TurnWriter(std::string path, std::shared_ptr<WriteTurn> turn)
      : path_(std::move(path)), turn_(std::move(turn)) {}

  absl::Status Open(const SqliteOptions& options, Durability durability) {
    int code = connection_.Open(path_, SQLITE_OPEN_READWRITE, options.vfs);
    if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
    sqlite3_busy_timeout(connection_.get(), kBusyMillis);
    code = connection_.Exec(WriterPragmas(options).c_str());
    // The log is synced by whoever needs it; what is in it goes along.
    if (code == SQLITE_OK && durability == Durability::kWithTheNext)
      code = connection_.Exec("PRAGMA synchronous = NORMAL");
    if (code == SQLITE_OK) code = begin_.Prepare(connection_, "BEGIN IMMEDIATE");
    if (code == SQLITE_OK) code = commit_.Prepare(connection_, "COMMIT");
    if (code == SQLITE_OK) code = rollback_.Prepare(connection_, "ROLLBACK");
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, connection_);
  }

  // Waits for its turn and begins. Whatever comes of it, End follows.
  int Begin() {
    holder_.emplace(turn_.get());
    return begin_.Run();
  }
  // SQLITE_OK: commits what was done since Begin. Otherwise undoes it, and tells what `code` means.
  absl::Status End(int code) {
    if (code == SQLITE_OK) code = commit_.Run();
    absl::Status status =
        code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, connection_);
    Undo();
    return status;
  }
  // Undoes what was done since Begin, on purpose.
  void Undo() {
    if (connection_.InTransaction()) rollback_.Run();
    holder_.reset();
  }

  const Connection& connection() const { return connection_; }
  // Rows that the last statement changed.
  int64_t Changes() const { return sqlite3_changes64(connection_.get()); }

 private:
  const std::string path_;
  const std::shared_ptr<WriteTurn> turn_;
  Connection connection_;
  Statement begin_;
  Statement commit_;
  Statement rollback_;
  std::optional<WriteTurn::Holder> holder_;
};

}  // namespace saga::adapter::sqlite
