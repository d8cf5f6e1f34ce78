#pragma once

// Statements about many rows, as few and as large as may be. Each is prepared for a number of rows:
// any up to 32, every eighth above, so that a session keeps a bounded number of them whatever the
// batches are like.

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

inline constexpr size_t kRowsPerStatement = 64;
inline constexpr size_t kRowsPerInsert = 128;

// "?,?,?" for `count` values.
std::string Marks(size_t count);

// What a session may carry in one packet, and the bytes of a row.
struct RowSizes {
  size_t packet = 0;
  absl::FunctionRef<size_t(size_t)> of;
};

// Runs "`head`(?,...),(?,...)`tail`" until all of `count` rows are written; `bind` puts the values
// of a row, `values` of them, into the statement. `affected`, when given, is the sum of what the
// statements affected.
absl::Status WriteRows(saga::mysql::Connection& session, absl::string_view head,
                       absl::string_view tail, int values, size_t count, const RowSizes& sizes,
                       absl::FunctionRef<void(saga::mysql::Statement&, size_t)> bind,
                       uint64_t* affected = nullptr);

// Runs "`head`(?,?,...)`tail`" for all of `count` keys, `read` once for every row that comes. A
// statement that is not full repeats its last key.
absl::Status ReadRows(saga::mysql::Connection& session, absl::string_view head,
                      absl::string_view tail, size_t count,
                      absl::FunctionRef<void(saga::mysql::Statement&, size_t)> bind,
                      absl::FunctionRef<void(const saga::mysql::Statement&)> read);

}  // namespace saga::adapter::mysql
