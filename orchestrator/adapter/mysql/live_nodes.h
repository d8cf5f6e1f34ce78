#pragma once

#include <cstdint>
#include <functional>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// This node's id; another one after it had to join again. Any thread.
using NodeId = std::function<int64_t()>;

// The ids of the nodes that nobody has declared gone.
absl::StatusOr<absl::flat_hash_set<int64_t>> LiveNodes(saga::mysql::Connection& session);

}  // namespace saga::adapter::mysql
