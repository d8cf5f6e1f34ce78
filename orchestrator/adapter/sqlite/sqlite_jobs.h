#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/port/job_store.h"

namespace saga::adapter::sqlite {

// The tables job and job_item over connections of its own, as OpenKv does it. Many items are
// written and deleted in several commits, between which the store has its turn: nobody waits for
// 100,000 of them.
absl::StatusOr<std::unique_ptr<port::JobStore>> OpenJobs(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
