#include "participants/sdk/mysql_session.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "orchestrator/mysql/failure.h"
#include "orchestrator/mysql/statement.h"

namespace saga::participants::sdk {
namespace {

constexpr int kIdleSeconds = 300;

// Constraints that are not unique keys: NOT NULL, foreign keys, and CHECK of MariaDB and of MySQL.
bool IsConstraint(unsigned number) {
  switch (number) {
    case 1048:
    case 1451:
    case 1452:
    case 4025:
    case 3819:
      return true;
    default:  // the database's numbers are plain numbers
      return false;
  }
}

}  // namespace

absl::Status ForService(const absl::Status& status) {
  const std::string text(status.message());
  const unsigned number = mysql::ErrorNumber(status);
  if (status.ok() || number == 0) return status;
  if (IsConstraint(number)) return absl::FailedPreconditionError(text);
  if (absl::IsAborted(status)) return absl::UnavailableError(text);
  if (absl::IsUnavailable(status) || absl::IsAlreadyExists(status) ||
      absl::IsResourceExhausted(status))
    return status;
  return absl::InternalError(text);
}

class MysqlSession::OneStatement final : public Statement {
 public:
  OneStatement(MysqlSession& session, mysql::Statement* statement, std::string sql)
      : session_(session), statement_(statement), sql_(std::move(sql)) {}

  void Bind(int64_t value) override { statement_->Bind(value); }
  void Bind(absl::string_view value) override { statement_->Bind(value); }

  absl::StatusOr<int64_t> Run() override {
    if (absl::Status run = Start(); !run.ok()) return run;
    session_.last_insert_id_ = statement_->InsertId();
    return static_cast<int64_t>(statement_->Affected());
  }

  absl::Status Start() override { return session_.Noted(statement_->Run(), sql_); }

  // The rows are all here when Start has returned.
  absl::StatusOr<bool> Next() override { return statement_->Next(); }

  int64_t Int(int column) const override {
    if (statement_->IsNumber(column)) return statement_->Number(column);
    int64_t number = 0;
    // As SQLite has it: what is no number reads as 0. A SUM is of type DECIMAL.
    return absl::SimpleAtoi(statement_->Text(column), &number) ? number : 0;
  }

  std::string Text(int column) const override {
    return statement_->IsNumber(column) ? absl::StrCat(statement_->Number(column))
                                        : std::string(statement_->Text(column));
  }

  void Reset() override { statement_->Reset(); }

  mysql::Statement& statement() { return *statement_; }

 private:
  MysqlSession& session_;
  mysql::Statement* const statement_;
  const std::string sql_;
};

MysqlSession::MysqlSession() = default;
MysqlSession::~MysqlSession() = default;

absl::Status MysqlSession::Open(const mysql::Options& options, int lock_wait_seconds) {
  statements_.clear();
  if (absl::Status opened = connection_.Open(options); !opened.ok()) return opened;
  // The zone of the server, as every other client of the barrier's table has it: its times are
  // written by the database. A session that is silent for long is closed by the server, with the
  // locks of one whose machine is gone; the pool opens another.
  const absl::Status set_up = connection_.Run(
      absl::StrCat("SET SESSION innodb_lock_wait_timeout = ", lock_wait_seconds,
                   ", SESSION time_zone = DEFAULT, SESSION wait_timeout = ", kIdleSeconds));
  if (!set_up.ok()) Close();
  return set_up;
}

void MysqlSession::Close() {
  statements_.clear();
  connection_.Close();
}

absl::StatusOr<Statement*> MysqlSession::Prepare(absl::string_view sql, size_t arguments) {
  if (!broken_.ok()) return ForService(broken_);
  std::unique_ptr<OneStatement>& kept = statements_[sql];
  if (kept == nullptr) {
    std::string text(sql);
    const absl::StatusOr<mysql::Statement*> made = connection_.Prepared(text);
    if (!made.ok()) {
      statements_.erase(sql);
      return Noted(made.status(), sql);
    }
    kept = std::make_unique<OneStatement>(*this, *made, std::move(text));
  }
  SAGA_CHECK(kept->statement().Arguments() == arguments);
  SAGA_CHECK(kept->statement().Bound() == 0);
  return kept.get();
}

absl::Status MysqlSession::Noted(absl::Status status, absl::string_view sql) {
  if (status.ok()) return status;
  if (absl::IsAborted(status) || absl::IsUnavailable(status)) broken_ = status;
  const absl::Status told = ForService(status);
  return absl::Status(told.code(), absl::StrCat(told.message(), ": ", sql));
}

}  // namespace saga::participants::sdk
