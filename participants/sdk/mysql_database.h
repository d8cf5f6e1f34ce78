#pragma once

// Database in a database of a MySQL-protocol server: a pool of connections, one for each
// transaction that is under way.

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/mysql/options.h"
#include "participants/sdk/database.h"
#include "participants/sdk/mysql_session.h"

namespace saga::participants::sdk {

class MysqlDatabase final : public Database {
 public:
  // Reaches the server once, so that what is wrong with the place is told here.
  static absl::StatusOr<std::unique_ptr<Database>> Open(mysql::Options server,
                                                        const DatabaseOptions& options);

  absl::Status Write(absl::FunctionRef<absl::Status(Transaction&)> work) override;
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> work) override;
  absl::Status Migrate(const std::string& service,
                       const std::vector<Migration>& migrations) override;
  absl::Status Script(const std::string& sql) override;

  // Whether a transaction that broke so may go well at once, from its start.
  static bool MayTryAgain(const absl::Status& broken);

  // A connection of the pool, given back when it goes: to be used again, unless it was closed, or
  // not told that it may be (Keep).
  class Lent {
   public:
    Lent(Lent&& other) noexcept;
    Lent& operator=(Lent&&) = delete;
    ~Lent();

    MysqlSession& operator*() { return *session_; }
    MysqlSession* operator->() { return session_.get(); }
    // It is in no transaction and has no broken statement: the next one may have it.
    void Keep() { keep_ = true; }

   private:
    friend class MysqlDatabase;
    Lent(MysqlDatabase& database, std::unique_ptr<MysqlSession> session)
        : database_(&database), session_(std::move(session)) {}

    MysqlDatabase* database_;
    std::unique_ptr<MysqlSession> session_;
    bool keep_ = false;
  };

  int max_connections() const { return options_.max_connections; }

  // Waits for one as long as `busy_timeout` says, and has run `first` on it, a statement that
  // begins something: a connection that the server gave up meanwhile is opened anew. The errors of
  // mysql/failure.h; Unavailable also when all are lent.
  absl::StatusOr<Lent> Lend(absl::string_view first) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // How a transaction went; `again`: nothing happened, and the same may go well now.
  struct Attempt {
    absl::Status status;
    bool again = false;
  };

  MysqlDatabase(mysql::Options server, const DatabaseOptions& options);

  Attempt WriteOnce(absl::FunctionRef<absl::Status(Transaction&)> work);
  absl::StatusOr<int64_t> SchemaVersion(const std::string& service);
  absl::StatusOr<std::unique_ptr<MysqlSession>> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack(std::unique_ptr<MysqlSession> session) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Connect(MysqlSession& session) const;

  const mysql::Options server_;
  const DatabaseOptions options_;
  absl::Mutex mutex_;
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<MysqlSession>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::participants::sdk
