#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/port/dead_letter_query.h"

namespace saga::adapter::sqlite {

// Reads over a connection of its own that cannot write, as OpenQuery does it.
absl::StatusOr<std::unique_ptr<port::DeadLetterQuery>> OpenDeadLetters(
    const std::string& path, const std::string& vfs,
    std::shared_ptr<std::atomic<uint64_t>> queries);

}  // namespace saga::adapter::sqlite
