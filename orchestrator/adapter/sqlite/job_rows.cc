#include "orchestrator/adapter/sqlite/job_rows.h"

#include <string>

namespace saga::adapter::sqlite {

const char kInsertJob[] =
    "INSERT INTO job (token, state, create_time, start_time, end_time, rate, max_in_flight, "
    "canary, stop_after_errors, actor, reason, stop_reason, filter) VALUES (?1, ?2, ?13, ?3, ?4, "
    "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING";

void BindNewJob(Statement& statement, const port::Job& job, int64_t state) {
  BindJob(statement, job, state);
  statement.BindOptional(12, job.filter);
  statement.Bind(13, job.create_time.micros);
}

void BindJob(Statement& statement, const port::Job& job, int64_t state) {
  statement.BindText(1, job.token);
  statement.Bind(2, state);
  statement.Bind(3, job.start_time.micros);
  statement.Bind(4, job.end_time.micros);
  statement.BindReal(5, job.limits.rate);
  statement.Bind(6, job.limits.max_in_flight);
  statement.Bind(7, job.limits.canary);
  statement.Bind(8, job.limits.stop_after_errors);
  statement.BindOptional(9, job.actor);
  statement.BindOptional(10, job.reason);
  statement.BindOptional(11, job.stop_reason);
}

const char kJobColumns[] =
    "token, state, create_time, start_time, end_time, rate, max_in_flight, canary, "
    "stop_after_errors, filter, actor, reason, stop_reason";

port::Job ReadJob(const Statement& row) {
  return {.token = std::string(row.Text(0)),
          .state = static_cast<port::JobState>(row.Number(1)),
          .filter = std::string(row.Text(9)),
          .actor = std::string(row.Text(10)),
          .reason = std::string(row.Text(11)),
          .stop_reason = std::string(row.Text(12)),
          .limits = {.rate = row.Real(5),
                     .max_in_flight = static_cast<uint32_t>(row.Number(6)),
                     .canary = static_cast<uint32_t>(row.Number(7)),
                     .stop_after_errors = static_cast<uint32_t>(row.Number(8))},
          .create_time = base::Time{row.Number(2)},
          .start_time = base::Time{row.Number(3)},
          .end_time = base::Time{row.Number(4)}};
}

const char kInsertItem[] =
    "INSERT INTO job_item (job_id, number, state, gid, branch_id, op, death, text) VALUES (?1, ?2, "
    "?3, ?4, ?5, ?6, ?7, ?8)";

void BindItem(Statement& statement, int64_t job, const port::JobItem& item) {
  statement.Bind(1, job);
  statement.Bind(2, item.number);
  statement.Bind(3, static_cast<int64_t>(item.state));
  statement.BindText(4, item.gid);
  statement.BindText(5, item.branch_id);
  statement.Bind(6, static_cast<int64_t>(item.op));
  statement.Bind(7, item.death);
  statement.BindOptional(8, item.text);
}

}  // namespace saga::adapter::sqlite
