#pragma once

// The walk over what is kept beside the transactions, and over the store as such.

#include <string>

#include "absl/status/status.h"
#include "orchestrator/adapter/sqlite/audit_rows.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/port/store_audit.h"

namespace saga::adapter::sqlite {

// All in the read transaction that `connection` is in. SQLITE_OK, or the error that ended it early.

// What SQLite itself finds damaged.
int AuditFile(const Connection& connection, OnFinding on_finding);
// Tables, indexes and views that are not as the scripts made them.
int AuditSchema(const Connection& connection, OnFinding on_finding);
// kv, outbox, parked_message.
int AuditMessages(const Connection& connection, OnFinding on_finding);
// job, job_item.
int AuditJobs(const Connection& connection, const port::StoreAudit::Listener& listener);

}  // namespace saga::adapter::sqlite
