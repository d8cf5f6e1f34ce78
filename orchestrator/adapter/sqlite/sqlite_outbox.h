#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/port/outbox_store.h"

namespace saga::adapter::sqlite {

// The tables outbox and parked_message over connections of its own, as OpenKv does it. Messages get
// into the outbox with the store's commits as well (outbox_rows.h).
absl::StatusOr<std::unique_ptr<port::OutboxStore>> OpenOutbox(
    const std::string& path, const SqliteOptions& options, std::shared_ptr<WriteTurn> turn,
    std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
