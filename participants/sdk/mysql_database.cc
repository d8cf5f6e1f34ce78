#include "participants/sdk/mysql_database.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/mysql/failure.h"

namespace saga::participants::sdk {
namespace {

constexpr int kAttempts = 10;  // of a transaction that is deadlocked again and again
constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);
constexpr unsigned kLockWaitTimeout = 1205;
constexpr unsigned kNoSuchTable = 1146;

// At random, so that those who met do not meet again.
absl::Duration Pause(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const absl::Duration longest = std::min(kLongestPause, kFirstPause * (1 << attempt));
  return longest * std::uniform_real_distribution<>(0.1, 1.0)(random);
}

int LockWaitSeconds(const DatabaseOptions& options) {
  return static_cast<int>(std::max<int64_t>(
      1, absl::ToInt64Seconds(absl::Ceil(options.busy_timeout, absl::Seconds(1)))));
}

}  // namespace

bool MysqlDatabase::MayTryAgain(const absl::Status& broken) {
  // Whoever waited for a lock in vain has waited long enough.
  return absl::IsAborted(broken) && mysql::ErrorNumber(broken) != kLockWaitTimeout;
}

MysqlDatabase::Lent::Lent(Lent&& other) noexcept
    : database_(other.database_), session_(std::move(other.session_)), keep_(other.keep_) {}

MysqlDatabase::Lent::~Lent() {
  if (session_ == nullptr) return;
  if (!keep_) session_->Close();
  database_->GiveBack(std::move(session_));
}

MysqlDatabase::MysqlDatabase(mysql::Options server, const DatabaseOptions& options)
    : Database(Dialect::kMysql, options.barrier_table),
      server_(std::move(server)),
      options_(options) {}

absl::StatusOr<std::unique_ptr<Database>> MysqlDatabase::Open(mysql::Options server,
                                                              const DatabaseOptions& options) {
  std::unique_ptr<MysqlDatabase> database(new MysqlDatabase(std::move(server), options));
  absl::StatusOr<Lent> lent = database->Lend("SELECT 1");
  if (!lent.ok()) {
    return absl::Status(lent.status().code(), absl::StrCat(mysql::UrlOf(database->server_), ": ",
                                                           lent.status().message()));
  }
  lent->Keep();
  return database;
}

absl::Status MysqlDatabase::Connect(MysqlSession& session) const {
  return session.Open(server_, LockWaitSeconds(options_));
}

absl::StatusOr<std::unique_ptr<MysqlSession>> MysqlDatabase::Take() {
  const absl::MutexLock lock(&mutex_);
  const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return lent_ < options_.max_connections;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&free), options_.busy_timeout)) {
    return absl::UnavailableError(absl::StrCat("database: all ", options_.max_connections,
                                               " connections are in use, and stay so"));
  }
  ++lent_;
  if (idle_.empty()) return std::make_unique<MysqlSession>();
  std::unique_ptr<MysqlSession> session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

void MysqlDatabase::GiveBack(std::unique_ptr<MysqlSession> session) {
  const absl::MutexLock lock(&mutex_);
  --lent_;
  if (session->IsOpen()) idle_.push_back(std::move(session));
}

absl::StatusOr<MysqlDatabase::Lent> MysqlDatabase::Lend(absl::string_view first) {
  absl::StatusOr<std::unique_ptr<MysqlSession>> taken = Take();
  if (!taken.ok()) return taken.status();
  Lent lent(*this, *std::move(taken));
  lent->Begin();
  if (lent->IsOpen()) {
    absl::Status begun = lent->Run(first);
    if (begun.ok()) return lent;
    if (!absl::IsUnavailable(begun)) return begun;
  }
  if (absl::Status connected = Connect(*lent); !connected.ok()) return connected;
  if (absl::Status begun = lent->Run(first); !begun.ok()) return begun;
  return lent;
}

MysqlDatabase::Attempt MysqlDatabase::WriteOnce(
    absl::FunctionRef<absl::Status(Transaction&)> work) {
  absl::StatusOr<Lent> lent = Lend("START TRANSACTION");
  if (!lent.ok()) return {ForService(lent.status())};
  MysqlSession& session = **lent;
  Transaction transaction(session, Dialect::kMysql);
  // When `work` throws, the connection is closed, and its transaction is rolled back with it.
  absl::Status worked = work(transaction);
  if (!session.Broken().ok()) worked = session.Broken();
  if (!worked.ok()) {
    if (session.Run("ROLLBACK").ok()) lent->Keep();
    if (session.Broken().ok()) return {std::move(worked)};
    return {ForService(worked), MayTryAgain(worked)};
  }
  const absl::Status committed = session.Run("COMMIT");
  if (committed.ok()) {
    lent->Keep();
    return {};
  }
  // A cluster's nodes agree at the commit: this is where two of them find out that they met.
  if (absl::IsAborted(committed)) return {ForService(committed), MayTryAgain(committed)};
  return {absl::UnknownError(
      absl::StrCat("whether it was committed is not known: ", committed.message()))};
}

absl::Status MysqlDatabase::Write(absl::FunctionRef<absl::Status(Transaction&)> work) {
  for (int attempt = 1;; ++attempt) {
    Attempt made = WriteOnce(work);
    if (!made.again || attempt == kAttempts) return std::move(made.status);
    absl::SleepFor(Pause(attempt));
  }
}

absl::Status MysqlDatabase::Read(absl::FunctionRef<absl::Status(Transaction&)> work) {
  // For the next transaction only: one snapshot for all of its statements.
  absl::StatusOr<Lent> lent = Lend("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  if (!lent.ok()) return ForService(lent.status());
  MysqlSession& session = **lent;
  if (absl::Status begun = session.Run("START TRANSACTION READ ONLY"); !begun.ok())
    return ForService(begun);
  Transaction transaction(session, Dialect::kMysql);
  absl::Status worked = work(transaction);
  if (!session.Broken().ok()) worked = ForService(session.Broken());
  if (session.Run("ROLLBACK").ok()) lent->Keep();
  return worked;
}

absl::Status MysqlDatabase::Script(const std::string& sql) {
  absl::StatusOr<Lent> lent = Lend("SELECT 1");
  if (!lent.ok()) return ForService(lent.status());
  const absl::Status run = (*lent)->connection().RunScript(sql);
  if (run.ok()) lent->Keep();
  return ForService(run);
}

absl::StatusOr<int64_t> MysqlDatabase::SchemaVersion(const std::string& service) {
  absl::StatusOr<Lent> lent = Lend("SELECT 1");
  if (!lent.ok()) return lent.status();
  mysql::Connection& connection = (*lent)->connection();
  const auto read = [&] {
    return connection.QueryOne(absl::StrCat(
        "SELECT version FROM saga_schema_version WHERE service = ", connection.Quoted(service)));
  };
  absl::StatusOr<std::optional<std::string>> version = read();
  if (mysql::ErrorNumber(version.status()) == kNoSuchTable) {
    const absl::Status made = connection.Run(
        "CREATE TABLE IF NOT EXISTS saga_schema_version ("
        " service VARCHAR(64) NOT NULL PRIMARY KEY,"
        " version INT NOT NULL,"
        " changed_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
    if (!made.ok()) return made;
    version = read();
  }
  if (!version.ok()) return version.status();
  lent->Keep();
  int64_t number = 0;
  if (version->has_value() && !absl::SimpleAtoi(**version, &number))
    return absl::InternalError("database: saga_schema_version holds no version");
  return number;
}

absl::Status MysqlDatabase::Migrate(const std::string& service,
                                    const std::vector<Migration>& migrations) {
  absl::StatusOr<int64_t> version = SchemaVersion(service);
  if (!version.ok()) return ForService(version.status());
  const auto known = static_cast<int64_t>(migrations.size());
  if (*version > known) {
    return absl::FailedPreconditionError(absl::StrCat("database: the schema of ", service,
                                                      " has version ", *version,
                                                      ", this program knows version ", known));
  }
  for (int64_t next = *version; next < known; ++next) {
    if (absl::Status made = Script(migrations[next].mysql); !made.ok()) return made;
    const absl::Status noted = Write([&](Transaction& tx) {
      // Another instance may be further already.
      return tx
          .Execute(
              "INSERT INTO saga_schema_version (service, version) VALUES (?, ?) "
              "ON DUPLICATE KEY UPDATE version = GREATEST(version, VALUES(version))",
              service, next + 1)
          .status();
    });
    if (!noted.ok()) return noted;
  }
  return absl::OkStatus();
}

}  // namespace saga::participants::sdk
