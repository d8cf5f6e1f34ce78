#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// trans_global.id of exactly this gid, also where the collation of the column takes others for it.
absl::StatusOr<std::optional<int64_t>> IdOf(saga::mysql::Connection& session,
                                            absl::string_view gid);

}  // namespace saga::adapter::mysql
