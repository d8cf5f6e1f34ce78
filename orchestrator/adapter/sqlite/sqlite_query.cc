#include "orchestrator/adapter/sqlite/sqlite_query.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/sqlite/sqlite_filter.h"
#include "orchestrator/adapter/sqlite/writer.h"
#include "orchestrator/adapter/store_common/filter_bounds.h"

namespace saga::adapter::sqlite {
namespace {

// A gid prefix with at most this many matches is looked up and sorted; one with more is met soon
// enough when walking from the newest transaction down.
constexpr int64_t kFewMatches = 5000;
// Parameters of a list: 1 to 7 are those of WhereOf and the page.
constexpr int kFirstOfFilter = 8;

constexpr char kHistory[] =
    "SELECT h.time, h.kind, h.op, h.attempt, h.outcome, h.branch_id, h.text, h.actor FROM history "
    "AS h "
    "WHERE h.transaction_id = (SELECT id FROM global_transaction WHERE gid = ?1) ORDER BY h.number";
constexpr char kCounts[] =
    "SELECT status, count(*), min(create_time) FROM global_transaction INDEXED BY open_transaction "
    "WHERE status < 4 GROUP BY status";
constexpr char kMatches[] =
    "SELECT count(*) FROM (SELECT 1 FROM global_transaction WHERE gid >= ?1 AND gid < ?2 LIMIT ?3)";

// The smallest text above every text that begins with `prefix`; empty: there is none.
std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty())
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

template <typename Enum>
std::string InList(const char* column, const std::vector<Enum>& values) {
  return absl::StrCat(" AND +", column, " IN (",
                      absl::StrJoin(values, ",",
                                    [](std::string* out, Enum value) {
                                      absl::StrAppend(out, static_cast<int>(value));
                                    }),
                      ")");
}

// The statuses that may be asked for, in either language.
std::vector<core::Status> StatusesOf(const port::ListFilter& filter) {
  std::vector<core::Status> statuses = StatusesIn(filter.filter);
  if (filter.statuses.empty()) return statuses;
  std::erase_if(statuses, [&](core::Status status) {
    return std::find(filter.statuses.begin(), filter.statuses.end(), status) ==
           filter.statuses.end();
  });
  return statuses;
}

// The walk order that serves the filter: the index with few rows when there is one, else from the
// newest down.
std::string WhereOf(const port::ListFilter& filter, bool few_by_gid) {
  const std::vector<core::Status> statuses = StatusesOf(filter);
  const auto open = [](core::Status status) { return !core::IsFinal(status); };
  std::string where = " INDEXED BY open_transaction WHERE status < 4";
  if (few_by_gid) {
    where = " WHERE gid >= ?1 AND gid < ?2";
  } else if (GidIn(filter.filter).has_value()) {
    where = " WHERE 1";
  } else if (statuses == std::vector<core::Status>{core::Status::kFailed}) {
    where = " INDEXED BY failed_transaction WHERE status = 5";
  } else if (!std::all_of(statuses.begin(), statuses.end(), open)) {
    where = filter.wakes_after.IsSet() ? where : " NOT INDEXED WHERE 1";
  }
  if (!filter.statuses.empty()) where += InList("status", filter.statuses);
  if (!filter.modes.empty()) where += InList("mode", filter.modes);
  if (!few_by_gid && !filter.gid_prefix.empty())
    where += " AND substr(CAST(gid AS BLOB), 1, length(?1)) = ?1";
  if (filter.before_id != 0) where += " AND id < ?3";
  if (filter.created_from.IsSet()) where += " AND create_time >= ?4";
  if (filter.created_to.IsSet()) where += " AND create_time <= ?5";
  if (filter.wakes_after.IsSet()) where += " AND status < 4 AND next_wake > ?7";
  return where;
}

class SqliteQuery final : public port::TransactionQuery {
 public:
  SqliteQuery(std::string path, std::shared_ptr<std::atomic<uint64_t>> queries)
      : path_(std::move(path)), queries_(std::move(queries)) {}

  absl::Status Open(const std::string& vfs) {
    absl::Status status = OpenList(vfs);
    if (!status.ok()) return status;
    absl::MutexLock lock(&mutex_);
    int code = connection_.Open(path_, SQLITE_OPEN_READONLY, vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(connection_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = reader_.Prepare(&connection_, path_, queries_);
    if (code == SQLITE_OK) code = history_.Prepare(connection_, kHistory);
    if (code == SQLITE_OK) code = counts_.Prepare(connection_, kCounts);
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, connection_);
  }

  absl::StatusOr<port::StoredTransaction> Find(const std::string& gid) override {
    absl::MutexLock lock(&mutex_);
    // One snapshot for the transaction and its rows.
    const int code = connection_.Exec("BEGIN");
    if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
    absl::StatusOr<Record> record = reader_.ByGid(gid);
    connection_.Exec("COMMIT");
    if (!record.ok()) return record.status();
    return Stored(*std::move(record));
  }

  absl::StatusOr<std::vector<port::StoredTransaction>> List(
      const port::ListFilter& filter) override {
    absl::MutexLock lock(&list_mutex_);
    bool few_by_gid = false;
    const std::string after = AfterPrefix(filter.gid_prefix);
    if (!after.empty()) {
      const absl::StatusOr<bool> few = FewMatches(filter.gid_prefix, after);
      if (!few.ok()) return few.status();
      few_by_gid = *few;
    }
    const FilterSql where = TransactionFilterSql(filter.filter, filter.now, kFirstOfFilter);
    Statement list;
    int code = list.Prepare(list_connection_,
                            absl::StrCat(kSelectTransaction, WhereOf(filter, few_by_gid), " AND ",
                                         where.condition, " ORDER BY id DESC LIMIT ?6"));
    if (code != SQLITE_OK) return FailureOf(code, path_, list_connection_);
    if (few_by_gid) {
      list.BindText(1, filter.gid_prefix);
      list.BindText(2, after);
    } else if (!filter.gid_prefix.empty()) {
      list.BindBlob(1, filter.gid_prefix);
    }
    if (filter.before_id != 0)
      list.Bind(3, static_cast<int64_t>(std::min<uint64_t>(filter.before_id, INT64_MAX)));
    if (filter.created_from.IsSet()) list.Bind(4, filter.created_from.micros);
    if (filter.created_to.IsSet()) list.Bind(5, filter.created_to.micros);
    list.Bind(6, static_cast<int64_t>(std::min<uint64_t>(filter.limit, INT64_MAX)));
    where.BindTo(&list);
    if (filter.wakes_after.IsSet()) list.Bind(7, filter.wakes_after.micros);
    ++*queries_;
    std::vector<port::StoredTransaction> found;
    for (code = list.Step(); code == SQLITE_ROW; code = list.Step()) {
      absl::StatusOr<Record> record = ReadTransaction(list);
      if (!record.ok())
        return absl::DataLossError(absl::StrCat(path_, ": ", record.status().message()));
      found.push_back(Stored(*std::move(record)));
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, list_connection_);
    return found;
  }

  absl::StatusOr<std::vector<core::HistoryEntry>> History(const std::string& gid) override {
    absl::MutexLock lock(&mutex_);
    const StatementScope scope(&history_);
    history_.BindText(1, gid);
    ++*queries_;
    std::vector<core::HistoryEntry> entries;
    int code = history_.Step();
    for (; code == SQLITE_ROW; code = history_.Step()) entries.push_back(ReadHistory(history_));
    if (code != SQLITE_DONE) return FailureOf(code, path_, connection_);
    return entries;
  }

  absl::StatusOr<port::StoreCounts> Count() override {
    absl::MutexLock lock(&mutex_);
    const StatementScope scope(&counts_);
    ++*queries_;
    port::StoreCounts counts;
    int code = counts_.Step();
    for (; code == SQLITE_ROW; code = counts_.Step()) {
      counts.open[static_cast<core::Status>(counts_.Number(0))] =
          static_cast<uint64_t>(counts_.Number(1));
      const base::Time oldest{counts_.Number(2)};
      if (!counts.oldest_open.IsSet() || oldest < counts.oldest_open) counts.oldest_open = oldest;
    }
    if (code != SQLITE_DONE) return FailureOf(code, path_, connection_);
    return counts;
  }

  uint64_t QueryCount() const override { return queries_->load(); }

 private:
  static port::StoredTransaction Stored(Record&& record) {
    return {.id = static_cast<uint64_t>(record.id),
            .transaction = std::move(record.transaction),
            .next_wake = record.next_wake};
  }

  absl::Status OpenList(const std::string& vfs) {
    absl::MutexLock lock(&list_mutex_);
    int code = list_connection_.Open(path_, SQLITE_OPEN_READONLY, vfs);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(list_connection_.get(), kBusyMillis);
    if (code == SQLITE_OK) code = RegisterFilterFunctions(list_connection_);
    if (code == SQLITE_OK) code = matches_.Prepare(list_connection_, kMatches);
    return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, list_connection_);
  }

  absl::StatusOr<bool> FewMatches(const std::string& prefix, const std::string& after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(list_mutex_) {
    const StatementScope scope(&matches_);
    matches_.BindText(1, prefix);
    matches_.BindText(2, after);
    matches_.Bind(3, kFewMatches + 1);
    ++*queries_;
    const int code = matches_.Step();
    if (code != SQLITE_ROW) return FailureOf(code, path_, list_connection_);
    return matches_.Number(0) <= kFewMatches;
  }

  const std::string path_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  absl::Mutex mutex_;
  Connection connection_ ABSL_GUARDED_BY(mutex_);
  RecordReader reader_ ABSL_GUARDED_BY(mutex_);
  Statement history_ ABSL_GUARDED_BY(mutex_);
  Statement counts_ ABSL_GUARDED_BY(mutex_);
  // A list with a filter may walk the whole store; who asks for one transaction does not wait.
  absl::Mutex list_mutex_;
  Connection list_connection_ ABSL_GUARDED_BY(list_mutex_);
  Statement matches_ ABSL_GUARDED_BY(list_mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::TransactionQuery>> OpenQuery(
    const std::string& path, const std::string& vfs,
    std::shared_ptr<std::atomic<uint64_t>> queries) {
  auto query = std::make_unique<SqliteQuery>(path, std::move(queries));
  if (absl::Status status = query->Open(vfs); !status.ok()) return status;
  return query;
}

}  // namespace saga::adapter::sqlite
