#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/owner_lock.h"
#include "orchestrator/port/store_transfer.h"

namespace saga::adapter::sqlite {

// Reads the store in the file `path`. `lock` is held as long as that lasts; null: somebody else has
// it. FailedPrecondition: the schema is not the newest.
absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenTransferReader(
    const std::string& path, std::unique_ptr<OwnerLock> lock);

}  // namespace saga::adapter::sqlite
