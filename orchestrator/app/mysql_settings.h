#pragma once

// The configuration of a database as a store, from the keys store.* and node.*.

#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/app/config.h"
#include "orchestrator/mysql/options.h"

namespace saga::app {

// How to get into the database: address, password (store.password_file, or SAGAD_STORE_PASSWORD),
// encryption. InvalidArgument: the store is no database, or the file of the password cannot be
// read.
absl::StatusOr<mysql::Options> DatabaseSettings(const Config& config);

// And what the store has to know of this node.
absl::StatusOr<adapter::MysqlOptions> MysqlSettings(const Config& config);

// node.name, or the machine's.
std::string NodeName(const Config& config);

}  // namespace saga::app
