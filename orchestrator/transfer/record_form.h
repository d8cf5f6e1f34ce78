#pragma once

// Records on their way between stores as messages of export.proto, and back. Pure; thread-safe.

#include "absl/status/statusor.h"
#include "orchestrator/port/store_transfer.h"
#include "saga/store/v1/export.pb.h"

namespace saga::transfer {

store::v1::ExportRecord ToMessage(const port::TransferRecord& record);

// DataLoss: fields that this version does not know, values that are none, or a header or trailer.
absl::StatusOr<port::TransferRecord> FromMessage(const store::v1::ExportRecord& message);

}  // namespace saga::transfer
