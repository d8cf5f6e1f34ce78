#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::adapter::mysql {

// Reads what every node wrote, and DTM. StoreCounts::oldest_open is in whole seconds, as DTM's
// column is; QueryCount counts the statements of `pool`, writes too. Thread-safe.
std::unique_ptr<port::TransactionQuery> MakeQuery(std::shared_ptr<SessionPool> pool,
                                                  ColumnForm form);

}  // namespace saga::adapter::mysql
