#include "orchestrator/adapter/mysql/job_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/multi_row.h"

namespace saga::adapter::mysql {

namespace {

using port::Job;
using port::JobItem;
using port::JobState;
using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr int kItemColumns = 8;
// Bytes of an item beside its texts, and of what goes to the database at once: the smallest
// max_allowed_packet that any server ships with.
constexpr size_t kNumbersOfItem = 64;
constexpr size_t kPacket = 1 << 20;

constexpr char kJobColumns[] =
    "token, state, create_time, start_time, end_time, rate, max_in_flight, canary, "
    "stop_after_errors, filter, actor, reason, stop_reason, id, owner FROM sagad_job WHERE ";
// State 0: its items are not all there, nobody sees it.
constexpr char kInsert[] =
    "INSERT INTO sagad_job (token, create_time, filter, owner, state, start_time, end_time, rate, "
    "max_in_flight, canary, stop_after_errors, actor, reason, stop_reason) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE sagad_job SET owner = ?, state = ?, start_time = ?, end_time = ?, rate = ?, "
    "max_in_flight = ?, canary = ?, stop_after_errors = ?, actor = ?, reason = ?, stop_reason = ? "
    "WHERE id = ?";
constexpr char kInsertItems[] =
    "INSERT INTO sagad_job_item (job_id, number, state, gid, branch_id, op, death, text) VALUES ";

StoredJob ReadJob(const Statement& row) {
  StoredJob stored;
  Job& job = stored.job;
  job.token = std::string(row.Text(0));
  job.state = static_cast<JobState>(row.Number(1));
  job.create_time = base::Time{row.Number(2)};
  job.start_time = base::Time{row.Number(3)};
  job.end_time = base::Time{row.Number(4)};
  job.limits = {.rate = row.Real(5),
                .max_in_flight = static_cast<uint32_t>(row.Number(6)),
                .canary = static_cast<uint32_t>(row.Number(7)),
                .stop_after_errors = static_cast<uint32_t>(row.Number(8))};
  job.filter = std::string(row.Text(9));
  job.actor = std::string(row.Text(10));
  job.reason = std::string(row.Text(11));
  job.stop_reason = std::string(row.Text(12));
  stored.id = row.Number(13);
  stored.owner = row.Number(14);
  return stored;
}

// The parameters of kInsert and kUpdate from start_time on.
void BindJob(Statement* statement, const Job& job) {
  statement->Bind(job.start_time.micros)
      .Bind(job.end_time.micros)
      .Bind(job.limits.rate)
      .Bind(job.limits.max_in_flight)
      .Bind(job.limits.canary)
      .Bind(job.limits.stop_after_errors)
      .Bind(job.actor)
      .Bind(job.reason)
      .Bind(job.stop_reason);
}

}  // namespace

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

absl::StatusOr<int64_t> InsertJob(Connection& session, const Job& job, int64_t owner, bool hidden) {
  absl::StatusOr<Statement*> insert = session.Prepared(kInsert);
  if (!insert.ok()) return insert.status();
  (*insert)->Bind(job.token).Bind(job.create_time.micros).Bind(job.filter).Bind(owner);
  (*insert)->Bind(hidden ? 0 : static_cast<int64_t>(job.state));
  BindJob(*insert, job);
  if (absl::Status run = (*insert)->Run(); !run.ok()) return run;
  return static_cast<int64_t>((*insert)->InsertId());
}

absl::Status WriteJob(Connection& session, int64_t id, int64_t owner, const Job& job) {
  absl::StatusOr<Statement*> update = session.Prepared(kUpdate);
  if (!update.ok()) return update.status();
  (*update)->Bind(owner).Bind(static_cast<int64_t>(job.state));
  BindJob(*update, job);
  (*update)->Bind(id);
  return (*update)->Run();
}

absl::StatusOr<std::optional<int64_t>> LockHidden(Connection& session, int64_t id) {
  absl::StatusOr<Statement*> find =
      session.Prepared("SELECT owner FROM sagad_job WHERE id = ? AND state = 0 FOR UPDATE");
  if (!find.ok()) return find.status();
  (*find)->Bind(id);
  if (absl::Status run = (*find)->Run(); !run.ok()) return run;
  std::optional<int64_t> owner;
  while ((*find)->Next()) owner = (*find)->Number(0);
  return owner;
}

absl::Status InsertItems(Connection& session, int64_t id, const JobItem* items, size_t count) {
  const auto size = [&](size_t i) {
    return kNumbersOfItem + items[i].gid.size() + items[i].branch_id.size() + items[i].text.size();
  };
  return WriteRows(session, kInsertItems, "", kItemColumns, count, {.packet = kPacket, .of = size},
                   [&](Statement& insert, size_t i) {
                     const JobItem& item = items[i];
                     insert.Bind(id).Bind(item.number).Bind(static_cast<int64_t>(item.state));
                     insert.Bind(item.gid).Bind(item.branch_id);
                     insert.Bind(static_cast<int64_t>(item.op)).Bind(item.death).Bind(item.text);
                   });
}

absl::StatusOr<StoredJob> ReadJobOf(Connection& session, const std::string& token, bool lock) {
  absl::StatusOr<Statement*> find = session.Prepared(
      absl::StrCat("SELECT ", kJobColumns, "token = ? AND state <> 0", lock ? " FOR UPDATE" : ""));
  if (!find.ok()) return find.status();
  (*find)->Bind(token);
  if (absl::Status run = (*find)->Run(); !run.ok()) return run;
  if (!(*find)->Next()) return absl::NotFoundError("no such job");
  return ReadJob(**find);
}

absl::StatusOr<std::vector<StoredJob>> ReadJobs(Connection& session, const char* condition,
                                                size_t limit) {
  absl::StatusOr<Statement*> list = session.Prepared(
      absl::StrCat("SELECT ", kJobColumns, condition, " ORDER BY id DESC LIMIT ?"));
  if (!list.ok()) return list.status();
  (*list)->Bind(Bounded(limit));
  if (absl::Status run = (*list)->Run(); !run.ok()) return run;
  std::vector<StoredJob> jobs;
  while ((*list)->Next()) jobs.push_back(ReadJob(**list));
  return jobs;
}

}  // namespace saga::adapter::mysql
