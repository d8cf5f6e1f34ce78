#pragma once

// Database in a SQLite file: one connection, its transactions one after the other.

#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "participants/sdk/database.h"

namespace saga::participants::sdk {

class SqliteDatabase final : public Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        const DatabaseOptions& options);
  ~SqliteDatabase() override;

  absl::Status Write(absl::FunctionRef<absl::Status(Transaction&)> work) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> work) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Migrate(const std::string& service,
                       const std::vector<Migration>& migrations) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Script(const std::string& sql) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class OneStatement;
  class OneSession;

  SqliteDatabase(sqlite3* connection, const DatabaseOptions& options);

  absl::Status RunScript(const char* sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status InTransaction(const char* begin, absl::FunctionRef<absl::Status(Transaction&)> work)
      ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  sqlite3* const connection_;
  const std::unique_ptr<OneSession> session_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace saga::participants::sdk
