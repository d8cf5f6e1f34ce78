#pragma once

// The walk over the transactions of a store, with their branches and histories.

#include "orchestrator/adapter/sqlite/audit_rows.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/port/store_audit.h"

namespace saga::adapter::sqlite {

// In the read transaction that `connection` is in. SQLITE_OK, or the error that ended it early.
int AuditTransactions(const Connection& connection, const port::StoreAudit::Listener& listener);

}  // namespace saga::adapter::sqlite
