#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/port/store_audit.h"

namespace saga::adapter {

// Looks at a store's file, or a copy of one, over a connection that cannot write, also while a
// sagad runs on it: the log of what is committed meanwhile grows until the walk ends. What it finds
// by itself: damage that SQLite sees, a schema that is not ours, rows of nothing, gaps, columns
// that cannot be read. FailedPrecondition: not a store of ours, or of a schema version other than
// this sagad's.
absl::StatusOr<std::unique_ptr<port::StoreAudit>> OpenSqliteAudit(const std::string& path);

}  // namespace saga::adapter
