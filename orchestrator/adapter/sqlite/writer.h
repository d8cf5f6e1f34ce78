#pragma once

// What every connection that writes has in common.

#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"

namespace saga::adapter::sqlite {

// How long a statement waits for a lock of somebody who should not have one, such as an open
// sqlite3 shell. This process' own writers wait for their turn (write_turn.h).
inline constexpr int kBusyMillis = 2000;

// The log's size limit only takes back what an unusually long reader made it grow to. secure_delete
// (on in Debian) would overwrite what is freed with zeros.
inline std::string WriterPragmas(const SqliteOptions& options) {
  return absl::StrCat(
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; "
      "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = ",
      options.checkpoint_pages,
      options.max_pages > 0 ? absl::StrCat("; PRAGMA max_page_count = ", options.max_pages) : "");
}

}  // namespace saga::adapter::sqlite
