#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/dead_letter_query.h"

namespace saga::adapter::mysql {

// Finds dead letters by sagad_dead_letter and reads what they are from the transactions' records.
// Thread-safe.
std::unique_ptr<port::DeadLetterQuery> MakeDeadLetters(std::shared_ptr<SessionPool> pool,
                                                       ColumnForm form);

}  // namespace saga::adapter::mysql
