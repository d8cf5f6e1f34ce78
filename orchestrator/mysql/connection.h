#pragma once

// One session of a MySQL-protocol database, over MariaDB's client library.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/mysql/options.h"
#include "orchestrator/mysql/statement.h"

namespace saga::mysql {

using Row = std::vector<std::optional<std::string>>;

// Of a whole number in a row of Query; 0 for NULL and for what is none.
uint64_t NumberIn(const std::optional<std::string>& text);

// Thread safety: none; one thread at a time, any thread.
class Connection {
 public:
  Connection();
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Opens the session, a new one if there was one before: utf8mb4, READ COMMITTED, strict, each
  // statement a transaction of its own until `BEGIN`. Errors: FailureOf.
  absl::Status Open(const Options& options);
  void Close();
  bool IsOpen() const { return session_ != nullptr; }

  // A statement as text, for what is rare.
  absl::Status Run(absl::string_view sql);
  // Several statements with ; between them, each a transaction of its own if it can be. Ends at the
  // first error.
  absl::Status RunScript(absl::string_view sql);
  // Its rows; at most a few.
  absl::StatusOr<std::vector<Row>> Query(absl::string_view sql);
  // The value in the first column of the only row; nullopt: no row, or NULL.
  absl::StatusOr<std::optional<std::string>> QueryOne(absl::string_view sql);

  // The prepared statement with this text: made at its first use and kept as long as the session.
  // The pointer is valid until the next Open or Close.
  absl::StatusOr<Statement*> Prepared(const std::string& sql);

  // Rows changed by the last Run, and the first id it made.
  uint64_t Affected() const { return affected_; }
  uint64_t InsertId() const { return insert_id_; }

  // Statements sent since the last time somebody asked; prepared ones count each run.
  uint64_t TakeStatements() { return std::exchange(statements_, 0); }

  // `text` between quotes, safe inside a statement; rather bind it.
  std::string Quoted(absl::string_view text);

 private:
  friend class Statement;

  absl::Status OpenAt(const Options& options, const std::string& host, int port);
  absl::Status Failure();
  absl::Status SetUp(const Options& options);
  absl::Status RunEach(absl::string_view script);

  struct Session;
  std::unique_ptr<Session> session_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> prepared_;
  uint64_t affected_ = 0;
  uint64_t insert_id_ = 0;
  uint64_t statements_ = 0;
};

}  // namespace saga::mysql
