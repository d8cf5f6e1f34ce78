#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/node_lease.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/node_list.h"

namespace saga::adapter::mysql {

// Reads sagad_node. Thread-safe.
std::unique_ptr<port::NodeList> MakeNodes(std::shared_ptr<SessionPool> pool,
                                          std::shared_ptr<NodeLease> lease);

}  // namespace saga::adapter::mysql
