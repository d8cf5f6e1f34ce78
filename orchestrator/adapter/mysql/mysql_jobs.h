#pragma once

#include <memory>

#include "orchestrator/adapter/mysql/live_nodes.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/port/job_store.h"

namespace saga::adapter::mysql {

// The tables sagad_job and sagad_job_item. Many items are written and deleted in several commits;
// until the last of them nobody sees the job. A job under way is its owner's alone, until that node
// is gone. Thread-safe.
std::unique_ptr<port::JobStore> MakeJobs(std::shared_ptr<SessionPool> pool, NodeId self);

}  // namespace saga::adapter::mysql
