#pragma once

// Copies of a store, and a store from a copy.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace saga::adapter {

// For people who wait: bytes copied, of so many.
using CopyProgress = absl::FunctionRef<void(uint64_t done, uint64_t all)>;

// Writes all that the store in the file `from` holds at the moment of the call into the new file
// `to`, which only its owner can read: one file, without a log beside it, synced. A sagad that runs
// on `from` goes on; its log grows until the copy is complete. Removes `to` when it fails.
absl::Status CopySqliteStore(const std::string& from, const std::string& to, CopyProgress progress);

// Renames a complete file over another, durably: whoever looks finds the old one or the new one.
absl::Status MoveIntoPlace(const std::string& from, const std::string& to);

// Makes the complete file `from` the store in the file `path`, durably and in one step; the log of
// the one before goes. For who owns the store.
absl::Status ReplaceSqliteStore(const std::string& from, const std::string& path);

// A store being put back. No sagad can start on it meanwhile.
class SqliteRestore {
 public:
  // FailedPrecondition: a sagad runs on the store in the file `path`. AlreadyExists: there is a
  // store, and `overwrite` is not said.
  static absl::StatusOr<std::unique_ptr<SqliteRestore>> Begin(const std::string& path,
                                                              bool overwrite);
  virtual ~SqliteRestore() = default;

  // Copies the backup `from` to a file beside the store's, and brings an older schema forward.
  virtual absl::Status Copy(const std::string& from, CopyProgress progress) = 0;
  // Where: to be looked at before Finish.
  virtual const std::string& copy() const = 0;
  // Makes the copy the store. Until then nothing of the old one has changed, and without it the
  // copy goes away.
  virtual absl::Status Finish() = 0;
};

}  // namespace saga::adapter
