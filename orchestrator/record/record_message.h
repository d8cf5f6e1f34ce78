#pragma once

// Records and the messages of record.proto, for those who build larger messages of them. Pure.

#include "absl/status/statusor.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/record/record.h"
#include "saga/store/v1/record.pb.h"

namespace saga::record {

// With `split` as EncodeRest, without it everything.
void PutTransaction(const core::GlobalTransaction& transaction, store::v1::Transaction* message,
                    const Split* split = nullptr);
// DataLoss: fields this version does not know, or values that are none. With `split` as DecodeRest;
// without it a record with parts elsewhere is DataLoss too.
absl::StatusOr<core::GlobalTransaction> TakeTransaction(const store::v1::Transaction& message,
                                                        Split* split = nullptr);

void PutHistory(const core::HistoryEntry& entry, store::v1::HistoryEntry* message);
absl::StatusOr<core::HistoryEntry> TakeHistory(const store::v1::HistoryEntry& message);

}  // namespace saga::record
