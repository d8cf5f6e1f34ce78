#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/live_nodes.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/outbox_store.h"

namespace saga::adapter::mysql {

// The tables sagad_outbox, of which every node sees the messages that it has to publish, and
// sagad_parked_message, which is the same for all. Park is Unavailable on a node that was taken for
// gone, until it has joined again. Thread-safe.
std::unique_ptr<port::OutboxStore> MakeOutbox(std::shared_ptr<SessionPool> pool, NodeId self);

}  // namespace saga::adapter::mysql
