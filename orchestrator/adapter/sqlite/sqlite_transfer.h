#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/port/store_transfer.h"

namespace saga::adapter {

// Reads the store in the file `path`; no sagad can start on it meanwhile. FailedPrecondition: one
// runs on it, or the schema is not the newest.
absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenSqliteReader(const std::string& path);

// Fills the store in the file `path`, which is made, or is there and empty; no sagad can start on
// it meanwhile. All or nothing: until Publish everything is in a file beside it, which goes away
// without. FailedPrecondition: a sagad runs on it, or it is not empty.
absl::StatusOr<std::unique_ptr<port::StoreWriter>> OpenSqliteWriter(const std::string& path);

}  // namespace saga::adapter
