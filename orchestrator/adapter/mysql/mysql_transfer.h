#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/port/store_transfer.h"

namespace saga::adapter {

// Reads a database as a store, that no sagad runs on: FailedPrecondition names one that does. Takes
// over what DTM left, as a start does.
absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenMysqlReader(const MysqlOptions& options);

// Fills a database that is empty and that no sagad runs on; FailedPrecondition otherwise. A mark in
// the database keeps every sagad away until Publish. One that is not published empties the database
// again; when that fails, or the process dies, the mark stays, and the next writer empties it.
absl::StatusOr<std::unique_ptr<port::StoreWriter>> OpenMysqlWriter(const MysqlOptions& options);

}  // namespace saga::adapter
