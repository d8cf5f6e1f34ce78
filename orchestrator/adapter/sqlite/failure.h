#pragma once

// What SQLite's result codes mean for the one who runs sagad, and what to do about it.

#include <string>

#include "absl/status/status.h"
#include "orchestrator/adapter/sqlite/connection.h"

namespace saga::adapter::sqlite {

// A sentence that names the file, what is wrong and what to do. Unavailable: may pass by itself
// (disk full, locked, input/output error); DataLoss: damaged or not a database; FailedPrecondition:
// rights; Internal: anything else.
absl::Status FailureOf(int code, const std::string& path, const Connection& connection);

// Whether an error lies in the write it happened in and not in the store, so that others may go on.
bool ConcernsOneWrite(int code);

}  // namespace saga::adapter::sqlite
