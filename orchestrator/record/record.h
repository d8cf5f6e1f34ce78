#pragma once

// Records as bytes and back (proto/saga/store/v1/record.proto): the side table of a MySQL store,
// the files of `sagad export`, what nodes tell each other. Bytes that another version wrote and
// this one does not understand whole are an error (DataLoss), never a record with holes: a branch
// that is not seen is not undone.
//
// Pure; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"

namespace saga::record {

// Everything of it.
std::string EncodeTransaction(const core::GlobalTransaction& transaction);
absl::StatusOr<core::GlobalTransaction> DecodeTransaction(absl::string_view bytes);

std::string EncodeHistory(const core::HistoryEntry& entry);
absl::StatusOr<core::HistoryEntry> DecodeHistory(absl::string_view bytes);

// Where the fixed part of a branch stands.
enum class Place : uint8_t {
  kHere = 0,      // only in these bytes
  kInRow = 1,     // in a row of trans_branch_op, and not here
  kAndInRow = 2,  // here; a row of trans_branch_op has as much of it as DTM's columns can hold
};

// A record of which a part stands in DTM's columns. What is `true` or kInRow is left out here.
struct Split {
  bool custom_data = false;
  bool query_prepared = false;
  bool result = false;
  bool rollback_reason = false;
  std::vector<Place> branches;  // one for each
};

// Without gid, mode and protocol, which always stand in DTM's columns.
std::string EncodeRest(const core::GlobalTransaction& transaction, const Split& split);
// The record without what `split` then names; status and branch statuses are those at the time of
// writing.
absl::StatusOr<core::GlobalTransaction> DecodeRest(absl::string_view bytes, Split* split);

}  // namespace saga::record
