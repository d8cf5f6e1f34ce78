#include "orchestrator/adapter/sqlite/sqlite_jobs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/job_rows.h"
#include "orchestrator/adapter/sqlite/turn_writer.h"
#include "orchestrator/adapter/sqlite/writer.h"
#include "orchestrator/adapter/store_common/job_item.h"

namespace saga::adapter::sqlite {
namespace {

using port::Job;
using port::JobItem;

// Items of one commit: a few milliseconds of the store's time.
constexpr size_t kItemsAtOnce = 1000;
// A job whose items are not all there: nobody sees it.
constexpr int64_t kInTheMaking = 0;

// Both after their columns.
constexpr char kFromJobs[] = " FROM job WHERE state <> 0 ";
constexpr char kFromItems[] =
    " FROM job_item WHERE job_id = (SELECT id FROM job WHERE token = ?1 AND state <> 0) AND number "
    ">= ?2 ";
constexpr char kCount[] =
    "SELECT state, count(*) FROM job_item WHERE job_id = (SELECT id FROM job WHERE token = ?1 AND "
    "state <> 0) GROUP BY state";
// Its parameters are those of BindJob.
constexpr char kUpdate[] =
    "UPDATE job SET state = ?2, start_time = ?3, end_time = ?4, rate = ?5, max_in_flight = ?6, "
    "canary = ?7, stop_after_errors = ?8, actor = ?9, reason = ?10, stop_reason = ?11 WHERE token "
    "= ?1 AND state <> 0";
constexpr char kSetState[] = "UPDATE job SET state = ?2 WHERE id = ?1";
constexpr char kFindId[] = "SELECT id FROM job WHERE token = ?1 AND state <> 0";
constexpr char kUpdateItem[] =
    "UPDATE job_item SET state = ?3, text = ?4 WHERE job_id = ?1 AND number = ?2";
constexpr char kExpire[] =
    "UPDATE job SET state = 0 WHERE state = 1 AND create_time < ?1 OR state IN (4, 5) AND end_time "
    "< ?2";
constexpr char kUnmade[] = "SELECT id FROM job WHERE state = 0 LIMIT 1";
constexpr char kDeleteItems[] =
    "DELETE FROM job_item WHERE job_id = ?1 AND number IN (SELECT number FROM job_item WHERE "
    "job_id = ?1 ORDER BY number LIMIT ?2)";
constexpr char kDelete[] = "DELETE FROM job WHERE id = ?1";

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

absl::Status NoSuchJob() { return absl::NotFoundError("no such job"); }

class SqliteJobs final : public port::JobStore {
 public:
  SqliteJobs(const std::string& path, const std::shared_ptr<WriteTurn>& turn,
             std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(path), queries_(std::move(queries)), writer_(path, turn) {}

  absl::Status Open(const SqliteOptions& options) {
    absl::Status status = OpenReader(options);
    if (!status.ok()) return status;
    absl::MutexLock lock(&write_mutex_);
    status = OpenWriter(options);
    // What a process left behind that was gone in the middle of it.
    return status.ok() ? DeleteUnmade() : status;
  }

  absl::Status CreateJob(const Job& job, const std::vector<JobItem>& items) override {
    absl::MutexLock lock(&write_mutex_);
    const bool at_once = items.size() <= kItemsAtOnce;
    BindNewJob(insert_, job, at_once ? static_cast<int64_t>(job.state) : kInTheMaking);
    int code = writer_.Begin();
    if (code == SQLITE_OK) code = insert_.Run();
    if (code == SQLITE_OK && writer_.Changes() == 0) {
      writer_.Undo();
      return absl::AlreadyExistsError("the token is taken");
    }
    const int64_t id = sqlite3_last_insert_rowid(writer_.connection().get());
    size_t done = 0;
    for (;;) {
      const size_t end = std::min(items.size(), done + kItemsAtOnce);
      for (; done < end && code == SQLITE_OK; ++done) code = InsertItem(id, items[done]);
      const bool last = done == items.size();
      if (last && !at_once && code == SQLITE_OK)
        code = SetState(id, static_cast<int64_t>(job.state));
      absl::Status status = writer_.End(code);
      if (!status.ok() || last) return status;
      code = writer_.Begin();
    }
  }

  absl::Status UpdateJob(const Job& job) override {
    absl::MutexLock lock(&write_mutex_);
    BindJob(update_, job, static_cast<int64_t>(job.state));
    int code = writer_.Begin();
    if (code == SQLITE_OK) code = update_.Run();
    const bool there = code == SQLITE_OK && writer_.Changes() != 0;
    absl::Status status = writer_.End(code);
    return status.ok() && !there ? NoSuchJob() : status;
  }

  absl::Status UpdateItems(const std::string& token, const std::vector<JobItem>& items) override {
    absl::MutexLock lock(&write_mutex_);
    int code = writer_.Begin();
    int64_t id = 0;
    if (code == SQLITE_OK) code = FindId(token, &id);
    if (code == SQLITE_DONE) {
      writer_.Undo();
      return NoSuchJob();
    }
    for (size_t i = 0; i < items.size() && code == SQLITE_OK; ++i) {
      update_item_.Bind(1, id);
      update_item_.Bind(2, items[i].number);
      update_item_.Bind(3, static_cast<int64_t>(items[i].state));
      update_item_.BindOptional(4, items[i].text);
      code = update_item_.Run();
    }
    return writer_.End(code);
  }

  absl::StatusOr<Job> FindJob(const std::string& token) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&find_);
    find_.BindText(1, token);
    ++*queries_;
    const int code = find_.Step();
    if (code == SQLITE_DONE) return NoSuchJob();
    if (code != SQLITE_ROW) return FailureOf(code, path_, reader_);
    return ReadJob(find_);
  }

  absl::StatusOr<port::JobCounts> CountItems(const std::string& token) override {
    if (absl::Status status = FindJob(token).status(); !status.ok()) return status;
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&count_);
    count_.BindText(1, token);
    ++*queries_;
    port::JobCounts counts;
    int code = count_.Step();
    for (; code == SQLITE_ROW; code = count_.Step()) {
      counts.Of(static_cast<port::ItemState>(count_.Number(0))) =
          static_cast<uint64_t>(count_.Number(1));
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, reader_);
    return counts;
  }

  absl::StatusOr<std::vector<JobItem>> ListItems(const std::string& token, uint32_t from,
                                                 size_t limit,
                                                 std::optional<port::ItemState> state) override {
    if (absl::Status status = FindJob(token).status(); !status.ok()) return status;
    absl::MutexLock lock(&read_mutex_);
    Statement& list = state.has_value() ? list_in_state_ : list_items_;
    const StatementScope scope(&list);
    list.BindText(1, token);
    list.Bind(2, from);
    list.Bind(3, Bounded(limit));
    if (state.has_value()) list.Bind(4, static_cast<int64_t>(*state));
    ++*queries_;
    std::vector<JobItem> items;
    int code = list.Step();
    for (; code == SQLITE_ROW; code = list.Step()) items.push_back(ReadJobItem(list));
    if (code != SQLITE_DONE) return FailureOf(code, path_, reader_);
    return items;
  }

  absl::StatusOr<std::vector<Job>> ListJobs(size_t limit) override {
    absl::MutexLock lock(&read_mutex_);
    const StatementScope scope(&list_);
    list_.Bind(1, Bounded(limit));
    ++*queries_;
    std::vector<Job> jobs;
    int code = list_.Step();
    for (; code == SQLITE_ROW; code = list_.Step()) jobs.push_back(ReadJob(list_));
    if (code != SQLITE_DONE) return FailureOf(code, path_, reader_);
    return jobs;
  }

  absl::Status ExpireJobs(base::Time before, base::Time ended_before) override {
    absl::MutexLock lock(&write_mutex_);
    expire_.Bind(1, before.micros);
    expire_.Bind(2, ended_before.micros);
    int code = writer_.Begin();
    if (code == SQLITE_OK) code = expire_.Run();
    absl::Status status = writer_.End(code);
    return status.ok() ? DeleteUnmade() : status;
  }

 private:
  absl::Status OpenReader(const SqliteOptions& options) {
    absl::MutexLock lock(&read_mutex_);
    int code = reader_.Open(path_, SQLITE_OPEN_READONLY, options.vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(reader_.get(), kBusyMillis);
    if (code == SQLITE_OK)
      code =
          find_.Prepare(reader_, absl::StrCat("SELECT ", kJobColumns, kFromJobs, "AND token = ?1"));
    if (code == SQLITE_OK)
      code = list_.Prepare(
          reader_, absl::StrCat("SELECT ", kJobColumns, kFromJobs, "ORDER BY id DESC LIMIT ?1"));
    if (code == SQLITE_OK) code = count_.Prepare(reader_, kCount);
    if (code == SQLITE_OK)
      code = list_items_.Prepare(reader_, absl::StrCat("SELECT ", kJobItemColumns, kFromItems,
                                                       "ORDER BY number LIMIT ?3"));
    if (code == SQLITE_OK) {
      code =
          list_in_state_.Prepare(reader_, absl::StrCat("SELECT ", kJobItemColumns, kFromItems,
                                                       "AND state = ?4 ORDER BY number LIMIT ?3"));
    }
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, reader_);
  }

  absl::Status OpenWriter(const SqliteOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    absl::Status status = writer_.Open(options, TurnWriter::Durability::kAtOnce);
    if (!status.ok()) return status;
    const std::pair<Statement*, const char*> statements[] = {
        {&insert_, kInsertJob}, {&update_, kUpdate},          {&set_state_, kSetState},
        {&find_id_, kFindId},   {&insert_item_, kInsertItem}, {&update_item_, kUpdateItem},
        {&expire_, kExpire},    {&unmade_, kUnmade},          {&delete_items_, kDeleteItems},
        {&delete_, kDelete}};
    for (const auto& [statement, sql] : statements) {
      if (const int code = statement->Prepare(writer_.connection(), sql); code != SQLITE_OK)
        return FailureOf(code, path_, writer_.connection());
    }
    return status;
  }

  int InsertItem(int64_t id, const JobItem& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    BindItem(insert_item_, id, item);
    return insert_item_.Run();
  }

  int SetState(int64_t id, int64_t state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    set_state_.Bind(1, id);
    set_state_.Bind(2, state);
    return set_state_.Run();
  }

  // SQLITE_OK, SQLITE_DONE when there is none, or an error.
  int FindId(const std::string& token, int64_t* id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    const StatementScope scope(&find_id_);
    find_id_.BindText(1, token);
    const int code = find_id_.Step();
    if (code == SQLITE_ROW) *id = find_id_.Number(0);
    return code == SQLITE_ROW ? SQLITE_OK : code;
  }

  // SQLITE_ROW with `*id` set, SQLITE_DONE when there is none, or an error.
  int FindUnmade(int64_t* id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    const StatementScope scope(&unmade_);
    const int code = unmade_.Step();
    if (code == SQLITE_ROW) *id = unmade_.Number(0);
    return code;
  }

  absl::Status DeleteUnmade() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) {
    int64_t id = 0;
    int code = SQLITE_ROW;
    while ((code = FindUnmade(&id)) == SQLITE_ROW) {
      delete_items_.Bind(1, id);
      delete_items_.Bind(2, static_cast<int64_t>(kItemsAtOnce));
      delete_.Bind(1, id);
      code = writer_.Begin();
      if (code == SQLITE_OK) code = delete_items_.Run();
      const bool rest = writer_.Changes() == static_cast<int64_t>(kItemsAtOnce);
      if (code == SQLITE_OK && !rest) code = delete_.Run();
      if (absl::Status status = writer_.End(code); !status.ok()) return status;
    }
    return code == SQLITE_DONE ? absl::OkStatus() : FailureOf(code, path_, writer_.connection());
  }

  const std::string path_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex read_mutex_;
  Connection reader_ ABSL_GUARDED_BY(read_mutex_);
  Statement find_ ABSL_GUARDED_BY(read_mutex_);
  Statement list_ ABSL_GUARDED_BY(read_mutex_);
  Statement count_ ABSL_GUARDED_BY(read_mutex_);
  Statement list_items_ ABSL_GUARDED_BY(read_mutex_);
  Statement list_in_state_ ABSL_GUARDED_BY(read_mutex_);
  absl::Mutex write_mutex_;
  TurnWriter writer_ ABSL_GUARDED_BY(write_mutex_);
  Statement insert_ ABSL_GUARDED_BY(write_mutex_);
  Statement update_ ABSL_GUARDED_BY(write_mutex_);
  Statement set_state_ ABSL_GUARDED_BY(write_mutex_);
  Statement find_id_ ABSL_GUARDED_BY(write_mutex_);
  Statement insert_item_ ABSL_GUARDED_BY(write_mutex_);
  Statement update_item_ ABSL_GUARDED_BY(write_mutex_);
  Statement expire_ ABSL_GUARDED_BY(write_mutex_);
  Statement unmade_ ABSL_GUARDED_BY(write_mutex_);
  Statement delete_items_ ABSL_GUARDED_BY(write_mutex_);
  Statement delete_ ABSL_GUARDED_BY(write_mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::JobStore>> OpenJobs(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries) {
  auto jobs = std::make_unique<SqliteJobs>(path, turn, std::move(queries));
  if (absl::Status status = jobs->Open(options); !status.ok()) return status;
  return jobs;
}

}  // namespace saga::adapter::sqlite
