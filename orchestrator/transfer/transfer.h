#pragma once

// From a store to a file, and from a file to a store, checked at both ends.

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/port/store_transfer.h"
#include "orchestrator/transfer/content.h"
#include "orchestrator/transfer/export_file.h"

namespace saga::transfer {

// Transactions done, of about so many; what is put and read back counts twice.
using Progress = absl::FunctionRef<void(uint64_t done, uint64_t all)>;

struct Transferred {
  Counts counts;
  std::string digest;  // in hex, of the content (content.h)
};

// Writes everything to the file `path`, and reads that back: it is complete only when this returns
// ok.
absl::StatusOr<Transferred> Export(port::StoreReader& from, const std::string& path,
                                   ExportInfo info, Progress progress);

// Reads the whole file first, and touches nothing when it is not as it was written; then puts
// everything, reads it back, and publishes it when counts and digest are the file's. DataLoss: they
// are not.
absl::StatusOr<Transferred> Import(const std::string& path, port::StoreWriter& to,
                                   Progress progress);

// What a store holds.
absl::StatusOr<Transferred> Look(port::StoreReader& store, uint64_t all, Progress progress);

}  // namespace saga::transfer
