#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::adapter::sqlite {

// Reads over connections of its own that cannot write: queries neither wait for commits nor hold
// them up. `queries` is the count that QueryCount tells, shared with the store.
absl::StatusOr<std::unique_ptr<port::TransactionQuery>> OpenQuery(
    const std::string& path, const std::string& vfs,
    std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
