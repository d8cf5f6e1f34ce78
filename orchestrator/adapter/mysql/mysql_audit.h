#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/port/store_audit.h"

namespace saga::adapter {

// Looks at a database as a store, in one read-only transaction, also while nodes run on it.
// Transactions that DTM wrote and sagad never changed are not judged. What it finds by itself:
// records that cannot be read, rows of nothing, gaps, and side rows that contradict DTM's.
// FailedPrecondition: the tables are not of this version.
absl::StatusOr<std::unique_ptr<port::StoreAudit>> OpenMysqlAudit(const MysqlOptions& options);

}  // namespace saga::adapter
