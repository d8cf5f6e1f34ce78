#pragma once

// A database on its way to be a store: its tables, what it is like, and whether it may be used.

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/adapter/mysql/schema.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// Makes the tables that are missing, if `options` says so, and finds out what the database is like.
// FailedPrecondition as OpenMysqlStore; InvalidArgument for a time zone that is none.
absl::StatusOr<ServerFacts> PrepareDatabase(SessionPool& pool, const MysqlOptions& options);

// What an import has put so far is not complete as long as the database has this mark.
absl::StatusOr<bool> HasImportMark(saga::mysql::Connection& session);
absl::Status SetImportMark(saga::mysql::Connection& session);
absl::Status RemoveImportMark(saga::mysql::Connection& session);
// FailedPrecondition while it is there.
absl::Status RequireNoImport(saga::mysql::Connection& session);

// FailedPrecondition names a node that lives, or may.
absl::Status RequireNoNodes(saga::mysql::Connection& session);

}  // namespace saga::adapter::mysql
