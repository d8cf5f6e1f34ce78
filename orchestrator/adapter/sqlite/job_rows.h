#pragma once

// Rows of job and job_item, for the job store and for those who move a store. Items are read by
// store_common/job_item.h.

#include <cstdint>

#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/port/job_store.h"

namespace saga::adapter::sqlite {

// Passes over a token that is there. Its parameters are those of BindNewJob.
extern const char kInsertJob[];
void BindNewJob(Statement& statement, const port::Job& job, int64_t state);
// Parameters 1 to 11, which an update has as well: token, state, start_time, end_time, rate,
// max_in_flight, canary, stop_after_errors, actor, reason, stop_reason.
void BindJob(Statement& statement, const port::Job& job, int64_t state);

// What ReadJob reads, from the first column of a row on.
extern const char kJobColumns[];
inline constexpr int kJobColumnCount = 13;
port::Job ReadJob(const Statement& row);

// Its parameters: the id of the job, then the item (BindItem).
extern const char kInsertItem[];
void BindItem(Statement& statement, int64_t job, const port::JobItem& item);

}  // namespace saga::adapter::sqlite
