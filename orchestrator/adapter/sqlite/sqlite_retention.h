#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/port/retention.h"

namespace saga::adapter::sqlite {

// Looks for what ended long ago over a connection that reads, in the order of ids, and deletes it
// over one that writes in turn with the store. What it deletes is durable with the store's next
// commit. There is no index on the time of the end: it would cost every transaction a row, and
// transactions end nearly in the order in which they began. The connections are opened by the first
// call: most stores keep everything.
std::unique_ptr<port::Retention> MakeRetention(const std::string& path,
                                               const SqliteOptions& options,
                                               std::shared_ptr<WriteTurn> turn,
                                               std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
