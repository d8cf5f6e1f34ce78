#pragma once

// One connection as the transactions of database.h see it.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/mysql/connection.h"
#include "participants/sdk/session.h"

namespace saga::participants::sdk {

// What a database's error means to a service, as database.h lists them, when it came before the
// commit.
absl::Status ForService(const absl::Status& status);

// Thread safety: none; one thread at a time.
class MysqlSession final : public Session {
 public:
  MysqlSession();
  ~MysqlSession() override;

  // Opens the connection, or opens it anew. The errors of mysql/failure.h.
  absl::Status Open(const mysql::Options& options, int lock_wait_seconds);
  bool IsOpen() const { return connection_.IsOpen(); }
  void Close();

  // A statement as text, outside of what Broken tells: the errors of mysql/failure.h.
  absl::Status Run(absl::string_view sql) { return connection_.Run(sql); }
  mysql::Connection& connection() { return connection_; }

  // A new transaction, or a branch's part of one: nothing is broken yet.
  void Begin() { broken_ = absl::OkStatus(); }
  // Why nothing of this transaction can be committed any more (a deadlock, a lock that did not
  // come, a lost connection), with the errors of mysql/failure.h: whatever the service made of it,
  // statements are refused from then on, because they would run outside of the transaction.
  const absl::Status& Broken() const { return broken_; }

  absl::StatusOr<Statement*> Prepare(absl::string_view sql, size_t arguments) override;
  int64_t LastInsertId() const override { return static_cast<int64_t>(last_insert_id_); }

 private:
  class OneStatement;

  absl::Status Noted(absl::Status status, absl::string_view sql);

  mysql::Connection connection_;
  // By text; they go when the connection does.
  absl::flat_hash_map<std::string, std::unique_ptr<OneStatement>> statements_;
  absl::Status broken_;
  uint64_t last_insert_id_ = 0;
};

}  // namespace saga::participants::sdk
