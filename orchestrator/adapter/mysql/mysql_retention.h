#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/adapter/mysql/mysql_outbox.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/retention.h"

namespace saga::adapter::mysql {

// Of the nodes that live only the oldest deletes; the others find nothing to do. In the order of
// ids: there is no index on the time of the end, and transactions end nearly in the order in which
// they began. The columns of the end have whole seconds: what ended within the second before is
// left for later.
std::unique_ptr<port::Retention> MakeRetention(std::shared_ptr<SessionPool> pool, ColumnForm form,
                                               NodeId self);

}  // namespace saga::adapter::mysql
