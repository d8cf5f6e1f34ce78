#pragma once

// The one language in which operators say which transactions or dead letters they mean, wherever a
// list or a batch takes a filter:
//
//   state=aborting and dest~product and age>10m and attempts>=3
//   not (mode=tcc or mode=xa) and error~"no route"
//
// Conditions are joined by `and`, `or`, `not` and parentheses; `not` binds tightest, then `and`.
// Operators: = != ~ !~ (contains, letter case ignored) < <= > >=. Values are words, or texts in
// double quotes with \" and \\. Durations are 10s, 5m, 2h, 3d; ages count back from now. A
// condition about a branch (dest, op, branch, error, attempts, fingerprint, dead) holds for a
// transaction when it holds for one of its branches; several of them may hold for different ones.
//
// Pure functions over plain data. Thread-safe.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

enum class Field : uint8_t {
  kState,  // prepared, submitted, aborting, succeed, failed; also `open`, `ended`
  kMode,   // saga, tcc, msg, xa, workflow
  kGid,
  kDefinition,
  kAge,     // since the transaction was created; of a dead letter: since it died
  kReason,  // why the transaction is undone; of a dead letter: its class (attempts_used, ...)
  kDest,    // destination of a branch, as lanes have it
  kOp,      // action, compensate, ...
  kBranch,  // branch_id
  kAttempts,
  kError,        // text of the last useless answer
  kFingerprint,  // of that text, see FingerprintOf
  kDead,         // yes, no
};

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kContains,
  kLacks,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
};

struct Filter {
  enum class Kind : uint8_t { kAll, kAnd, kOr, kNot, kCondition };

  Kind kind = Kind::kAll;     // kAll: no condition, matches everything
  std::vector<Filter> parts;  // kAnd, kOr: at least two; kNot: one
  // kCondition
  Field field = Field::kGid;
  Comparison comparison = Comparison::kEqual;
  std::string text;    // as written, without quotes
  int64_t number = 0;  // kAttempts: the count; kAge: microseconds

  bool operator==(const Filter&) const = default;
};

// An empty text is kAll. InvalidArgument: the text says where (character, from 1) and what is
// allowed there.
absl::StatusOr<Filter> ParseFilter(std::string_view text);

// Whether a whole transaction matches.
bool Matches(const Filter& filter, const GlobalTransaction& transaction, base::Time now);
// Whether one dead letter, `row` of `transaction`, matches: branch conditions are about that row.
bool MatchesDeadLetter(const Filter& filter, const GlobalTransaction& transaction, uint32_t row,
                       base::Time now);

// What the errors of one cause have in common: the text with its numbers, ids, addresses and times
// taken out, as 8 hex digits. Stable: it is compared across processes and versions.
std::string FingerprintOf(std::string_view error);

}  // namespace saga::core
