#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/port/kv_store.h"

namespace saga::adapter::sqlite {

// The table kv over connections of its own, one that reads and one that writes, so that no record
// waits for a batch to fill and no query for a commit. Writing takes a place in `turn`, which is
// the store's as well. `queries` is the count that QueryCount tells, shared with the store.
absl::StatusOr<std::unique_ptr<port::KvStore>> OpenKv(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
