#include "orchestrator/adapter/sqlite/sqlite_outbox.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/outbox_rows.h"
#include "orchestrator/adapter/sqlite/turn_writer.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kRead[] =
    "SELECT id, create_time, topic, key, headers, value FROM outbox WHERE id > ?1 ORDER BY id "
    "LIMIT ?2";
constexpr char kCount[] =
    "SELECT (SELECT count(*) FROM outbox), (SELECT create_time FROM outbox ORDER BY id LIMIT 1)";
constexpr char kRemove[] = "DELETE FROM outbox WHERE id BETWEEN ?1 AND ?2";
constexpr char kPark[] =
    "INSERT INTO parked_message (park_time, partition, offset, reason, topic, key, headers, value) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
constexpr char kListParked[] =
    "SELECT id, park_time, partition, offset, reason, topic, key, headers, value "
    "FROM parked_message WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
constexpr char kDeleteParked[] = "DELETE FROM parked_message WHERE id = ?1";

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

class SqliteOutbox final : public port::OutboxStore {
 public:
  SqliteOutbox(const std::string& path, const std::shared_ptr<WriteTurn>& turn,
               std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(path), queries_(std::move(queries)), remover_(path, turn), writer_(path, turn) {}

  absl::Status Open(const SqliteOptions& options) {
    absl::Status status = OpenReader(options);
    if (status.ok()) status = OpenRemover(options);
    return status.ok() ? OpenWriter(options) : status;
  }

  absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                             size_t limit) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&read_);
    read_.Bind(1, Bounded(after_id));
    read_.Bind(2, Bounded(limit));
    ++*queries_;
    std::vector<port::OutboxRecord> records;
    int code = read_.Step();
    for (; code == SQLITE_ROW; code = read_.Step()) {
      port::OutboxRecord& record = records.emplace_back();
      record.id = static_cast<uint64_t>(read_.Number(0));
      record.create_time = base::Time{read_.Number(1)};
      if (absl::Status status = ReadMessage(read_, 2, &record.message); !status.ok())
        return Unreadable("outbox", record.id, status);
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, reader_);
    return records;
  }

  absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override {
    if (ids.empty()) return absl::OkStatus();
    std::vector<uint64_t> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    absl::MutexLock lock(&remove_mutex_);
    int code = remover_.Begin();
    for (size_t i = 0; i < sorted.size() && code == SQLITE_OK;) {
      // Ids without a gap go together.
      size_t last = i;
      while (last + 1 < sorted.size() && sorted[last + 1] - sorted[last] <= 1) ++last;
      remove_.Bind(1, Bounded(sorted[i]));
      remove_.Bind(2, Bounded(sorted[last]));
      code = remove_.Run();
      i = last + 1;
    }
    return remover_.End(code);
  }

  absl::StatusOr<port::OutboxCounts> CountOutbox() override {
    absl::MutexLock lock(&read_mutex_);
    port::OutboxCounts counts;
    ++*queries_;
    const StatementScope scope(&count_);
    if (const int code = count_.Step(); code != SQLITE_ROW) return FailureOf(code, path_, reader_);
    counts.waiting = static_cast<uint64_t>(count_.Number(0));
    counts.oldest = base::Time{count_.Number(1)};
    return counts;
  }

  absl::Status Park(const port::ParkedMessage& parked, const base::Message& copy) override {
    absl::MutexLock lock(&write_mutex_);
    std::string headers;
    park_.Bind(1, parked.park_time.micros);
    park_.Bind(2, parked.partition);
    park_.Bind(3, parked.offset);
    park_.BindText(4, parked.reason);
    BindMessage(park_, 5, parked.message, &headers);
    int code = writer_.Begin();
    if (code == SQLITE_OK) code = park_.Run();
    if (code == SQLITE_OK && writer_.Changes() != 0 && !copy.topic.empty())
      code = outbox_.Insert(copy, parked.park_time);
    return writer_.End(code);
  }

  absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t before_id,
                                                              size_t limit) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&list_parked_);
    list_parked_.Bind(1, before_id == 0 ? INT64_MAX : Bounded(before_id));
    list_parked_.Bind(2, Bounded(limit));
    ++*queries_;
    std::vector<port::ParkedMessage> messages;
    int code = list_parked_.Step();
    for (; code == SQLITE_ROW; code = list_parked_.Step()) {
      port::ParkedMessage& parked = messages.emplace_back();
      parked.id = static_cast<uint64_t>(list_parked_.Number(0));
      parked.park_time = base::Time{list_parked_.Number(1)};
      parked.partition = static_cast<int32_t>(list_parked_.Number(2));
      parked.offset = list_parked_.Number(3);
      parked.reason = std::string(list_parked_.Text(4));
      if (absl::Status status = ReadMessage(list_parked_, 5, &parked.message); !status.ok())
        return Unreadable("parked_message", parked.id, status);
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, reader_);
    return messages;
  }

  absl::Status DeleteParked(uint64_t id) override {
    absl::MutexLock lock(&write_mutex_);
    delete_parked_.Bind(1, Bounded(id));
    int code = writer_.Begin();
    if (code == SQLITE_OK) code = delete_parked_.Run();
    const bool there = code == SQLITE_OK && writer_.Changes() != 0;
    absl::Status status = writer_.End(code);
    if (status.ok() && !there) return absl::NotFoundError("no such parked message");
    return status;
  }

 private:
  absl::Status OpenReader(const SqliteOptions& options) {
    absl::MutexLock lock(&read_mutex_);
    int code = reader_.Open(path_, SQLITE_OPEN_READONLY, options.vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(reader_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = read_.Prepare(reader_, kRead);
    if (code == SQLITE_OK) code = count_.Prepare(reader_, kCount);
    if (code == SQLITE_OK) code = list_parked_.Prepare(reader_, kListParked);
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, reader_);
  }

  absl::Status OpenRemover(const SqliteOptions& options) {
    absl::MutexLock lock(&remove_mutex_);
    absl::Status status = remover_.Open(options, TurnWriter::Durability::kWithTheNext);
    if (!status.ok()) return status;
    const int code = remove_.Prepare(remover_.connection(), kRemove);
    return code == SQLITE_OK ? status : FailureOf(code, path_, remover_.connection());
  }

  absl::Status OpenWriter(const SqliteOptions& options) {
    absl::MutexLock lock(&write_mutex_);
    absl::Status status = writer_.Open(options, TurnWriter::Durability::kAtOnce);
    if (!status.ok()) return status;
    int code = park_.Prepare(writer_.connection(), kPark);
    if (code == SQLITE_OK) code = delete_parked_.Prepare(writer_.connection(), kDeleteParked);
    if (code == SQLITE_OK) code = outbox_.Prepare(writer_.connection());
    return code == SQLITE_OK ? status : FailureOf(code, path_, writer_.connection());
  }

  absl::Status Unreadable(const char* table, uint64_t id, const absl::Status& status) const {
    return absl::DataLossError(
        absl::StrCat(path_, ": row ", id, " of ", table, ": ", status.message()));
  }

  const std::string path_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex read_mutex_;
  Connection reader_ ABSL_GUARDED_BY(read_mutex_);
  Statement read_ ABSL_GUARDED_BY(read_mutex_);
  Statement count_ ABSL_GUARDED_BY(read_mutex_);
  Statement list_parked_ ABSL_GUARDED_BY(read_mutex_);
  absl::Mutex remove_mutex_;
  TurnWriter remover_ ABSL_GUARDED_BY(remove_mutex_);
  Statement remove_ ABSL_GUARDED_BY(remove_mutex_);
  absl::Mutex write_mutex_;
  TurnWriter writer_ ABSL_GUARDED_BY(write_mutex_);
  Statement park_ ABSL_GUARDED_BY(write_mutex_);
  Statement delete_parked_ ABSL_GUARDED_BY(write_mutex_);
  OutboxWriter outbox_ ABSL_GUARDED_BY(write_mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::OutboxStore>> OpenOutbox(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries) {
  auto outbox = std::make_unique<SqliteOutbox>(path, turn, std::move(queries));
  if (absl::Status status = outbox->Open(options); !status.ok()) return status;
  return outbox;
}

}  // namespace saga::adapter::sqlite
