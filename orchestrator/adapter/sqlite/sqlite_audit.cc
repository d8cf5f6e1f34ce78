#include "orchestrator/adapter/sqlite/sqlite_audit.h"

#include <utility>

#include "orchestrator/adapter/sqlite/audit_tables.h"
#include "orchestrator/adapter/sqlite/audit_transactions.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter {
namespace {

class SqliteAudit final : public port::StoreAudit {
 public:
  explicit SqliteAudit(std::string path) : path_(std::move(path)) {}

  absl::Status Open() {
    int code = connection_.Open(path_, SQLITE_OPEN_READONLY, "");
    if (code != SQLITE_OK) return Failure(code);
    sqlite3_busy_timeout(connection_.get(), sqlite::kBusyMillis);
    return sqlite::RequireNewestSchema(connection_, path_);
  }

  absl::Status Walk(const Listener& listener) override {
    // One moment for everything: it begins with the first read.
    int code = connection_.Exec("BEGIN");
    if (code == SQLITE_OK) code = sqlite::AuditFile(connection_, listener.on_finding);
    if (code == SQLITE_OK) code = sqlite::AuditSchema(connection_, listener.on_finding);
    if (code == SQLITE_OK) code = sqlite::AuditTransactions(connection_, listener);
    if (code == SQLITE_OK) code = sqlite::AuditMessages(connection_, listener.on_finding);
    if (code == SQLITE_OK) code = sqlite::AuditJobs(connection_, listener);
    const absl::Status status = code == SQLITE_OK ? absl::OkStatus() : Failure(code);
    if (connection_.InTransaction()) connection_.Exec("ROLLBACK");
    return status;
  }

 private:
  absl::Status Failure(int code) const { return sqlite::FailureOf(code, path_, connection_); }

  const std::string path_;
  sqlite::Connection connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::StoreAudit>> OpenSqliteAudit(const std::string& path) {
  auto audit = std::make_unique<SqliteAudit>(path);
  if (absl::Status status = audit->Open(); !status.ok()) return status;
  return audit;
}

}  // namespace saga::adapter
