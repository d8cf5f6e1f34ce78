#include "orchestrator/adapter/sqlite/sqlite_kv.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kFind[] =
    "SELECT id, category, key, value, version, create_time, update_time FROM kv "
    "WHERE category = ?1 AND key = ?2";
// An empty parameter filters nothing. `+`: walk from the newest down, which ends with the page.
constexpr char kList[] =
    "SELECT id, category, key, value, version, create_time, update_time FROM kv "
    "WHERE (?1 IS NULL OR +category = ?1) AND (?2 IS NULL OR +key = ?2) AND id < ?3 "
    "ORDER BY id DESC LIMIT ?4";
constexpr char kCreate[] =
    "INSERT INTO kv (category, key, value, version, create_time, update_time) "
    "VALUES (?1, ?2, ?3, 1, ?4, ?4) ON CONFLICT DO NOTHING";
constexpr char kUpdate[] =
    "UPDATE kv SET value = ?3, version = version + 1, update_time = ?4 "
    "WHERE category = ?1 AND key = ?2 AND version = ?5";
constexpr char kDelete[] = "DELETE FROM kv WHERE category = ?1 AND key = ?2";

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

port::KvRecord Read(const Statement& row) {
  return {.id = static_cast<uint64_t>(row.Number(0)),
          .category = std::string(row.Text(1)),
          .key = std::string(row.Text(2)),
          .value = std::string(row.Text(3)),
          .version = static_cast<uint64_t>(row.Number(4)),
          .create_time = base::Time{row.Number(5)},
          .update_time = base::Time{row.Number(6)}};
}

class SqliteKv final : public port::KvStore {
 public:
  SqliteKv(std::string path, std::shared_ptr<WriteTurn> turn,
           std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(std::move(path)), turn_(std::move(turn)), queries_(std::move(queries)) {}

  absl::Status Open(const SqliteOptions& options) {
    absl::Status status = OpenReader(options);
    return status.ok() ? OpenWriter(options) : status;
  }

  absl::StatusOr<port::KvRecord> FindKv(const std::string& category,
                                        const std::string& key) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&find_);
    find_.BindText(1, category);
    find_.BindText(2, key);
    ++*queries_;
    const int code = find_.Step();
    if (code == SQLITE_DONE) return absl::NotFoundError("no such record");
    if (code != SQLITE_ROW) return Failure(code, reader_);
    return Read(find_);
  }

  absl::StatusOr<std::vector<port::KvRecord>> ListKv(const port::KvFilter& filter) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&list_);
    list_.BindOptional(1, filter.category);
    list_.BindOptional(2, filter.key);
    list_.Bind(3, filter.before_id == 0 ? INT64_MAX : Bounded(filter.before_id));
    list_.Bind(4, Bounded(filter.limit));
    ++*queries_;
    std::vector<port::KvRecord> found;
    int code = list_.Step();
    for (; code == SQLITE_ROW; code = list_.Step()) found.push_back(Read(list_));
    if (code != SQLITE_DONE) return Failure(code, reader_);
    return found;
  }

  absl::Status CreateKv(const std::string& category, const std::string& key,
                        const std::string& value, base::Time now) override {
    absl::MutexLock lock(&write_mutex_);
    create_.BindText(1, category);
    create_.BindText(2, key);
    create_.BindText(3, value);
    create_.Bind(4, now.micros);
    const absl::StatusOr<bool> changed = Write(create_);
    if (!changed.ok()) return changed.status();
    return *changed ? absl::OkStatus() : absl::AlreadyExistsError("the key is taken");
  }

  absl::Status UpdateKv(const std::string& category, const std::string& key,
                        const std::string& value, uint64_t version, base::Time now) override {
    absl::MutexLock lock(&write_mutex_);
    update_.BindText(1, category);
    update_.BindText(2, key);
    update_.BindText(3, value);
    update_.Bind(4, now.micros);
    update_.Bind(5, Bounded(version));
    const absl::StatusOr<bool> changed = Write(update_);
    if (!changed.ok()) return changed.status();
    return *changed ? absl::OkStatus() : absl::NotFoundError("no such record of this version");
  }

  absl::Status DeleteKv(const std::string& category, const std::string& key) override {
    absl::MutexLock lock(&write_mutex_);
    delete_.BindText(1, category);
    delete_.BindText(2, key);
    const absl::StatusOr<bool> changed = Write(delete_);
    if (!changed.ok()) return changed.status();
    return *changed ? absl::OkStatus() : absl::NotFoundError("no such record");
  }

 private:
  absl::Status OpenReader(const SqliteOptions& options) {
    absl::MutexLock lock(&read_mutex_);
    int code = reader_.Open(path_, SQLITE_OPEN_READONLY, options.vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(reader_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = find_.Prepare(reader_, kFind);
    if (code == SQLITE_OK) code = list_.Prepare(reader_, kList);
    return code == SQLITE_OK ? absl::OkStatus() : Failure(code, reader_);
  }

  absl::Status OpenWriter(const SqliteOptions& options) {
    absl::MutexLock lock(&write_mutex_);
    int code = writer_.Open(path_, SQLITE_OPEN_READWRITE, options.vfs);
    if (code != SQLITE_OK) return Failure(code, writer_);
    sqlite3_busy_timeout(writer_.get(), kBusyMillis);
    // It moves the log into the file like the store's connection: where nothing but records is
    // written, the log would only grow.
    code = writer_.Exec(WriterPragmas(options).c_str());
    if (code == SQLITE_OK) code = create_.Prepare(writer_, kCreate);
    if (code == SQLITE_OK) code = update_.Prepare(writer_, kUpdate);
    if (code == SQLITE_OK) code = delete_.Prepare(writer_, kDelete);
    return code == SQLITE_OK ? absl::OkStatus() : Failure(code, writer_);
  }

  // A commit of its own. Whether it changed anything.
  absl::StatusOr<bool> Write(Statement& statement) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    const WriteTurn::Holder turn(turn_.get());
    const int code = statement.Run();
    if (code != SQLITE_OK) return Failure(code, writer_);
    return sqlite3_changes64(writer_.get()) != 0;
  }

  absl::Status Failure(int code, const Connection& connection) const {
    return FailureOf(code, path_, connection);
  }

  const std::string path_;
  const std::shared_ptr<WriteTurn> turn_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex read_mutex_;
  Connection reader_ ABSL_GUARDED_BY(read_mutex_);
  Statement find_ ABSL_GUARDED_BY(read_mutex_);
  Statement list_ ABSL_GUARDED_BY(read_mutex_);
  absl::Mutex write_mutex_;
  Connection writer_ ABSL_GUARDED_BY(write_mutex_);
  Statement create_ ABSL_GUARDED_BY(write_mutex_);
  Statement update_ ABSL_GUARDED_BY(write_mutex_);
  Statement delete_ ABSL_GUARDED_BY(write_mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::KvStore>> OpenKv(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries) {
  auto kv = std::make_unique<SqliteKv>(path, std::move(turn), std::move(queries));
  if (absl::Status status = kv->Open(options); !status.ok()) return status;
  return kv;
}

}  // namespace saga::adapter::sqlite
