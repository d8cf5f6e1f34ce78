#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/kv_store.h"

namespace saga::adapter::mysql {

// DTM's table kv, with its limits: a category or key that its columns do not take is
// InvalidArgument, one that its collation takes for another is AlreadyExists at the most and never
// found in its place. Times are kept as exactly as the columns are: to the second in a table that
// DTM made. Thread-safe.
std::unique_ptr<port::KvStore> MakeKv(std::shared_ptr<SessionPool> pool, ColumnForm form);

}  // namespace saga::adapter::mysql
