#pragma once

// The tables in their versions, and what a database has to be like to keep a store's promises.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/column.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

struct Migration {
  int version = 0;
  const char* sql = nullptr;  // statements that end with ";" at the end of a line
};

// schema/*.sql, by version.
const std::vector<Migration>& Migrations();

// Of the tables that are there; 0: none of ours.
absl::StatusOr<int> SchemaVersion(saga::mysql::Connection& session);

// What is missing, statement by statement; none: the tables are of the newest version. They only
// create and add, and each may run again after it was cut short: DDL knows no transactions.
// FailedPrecondition: the tables are of a newer version.
absl::StatusOr<std::vector<std::string>> PlanMigration(saga::mysql::Connection& session);
// What makes DTM's columns take what ours do (schema/001.sql). Rewrites the tables.
absl::StatusOr<std::vector<std::string>> PlanWidening(saga::mysql::Connection& session);

// Runs them in order; `told` before each.
absl::Status RunStatements(saga::mysql::Connection& session,
                           const std::vector<std::string>& statements,
                           const std::function<void(const std::string&)>& told);

// What a look at a database found out.
struct ServerFacts {
  std::string version;
  bool galera = false;
  size_t max_packet = 0;
  ColumnForm form;                    // widths
  std::vector<std::string> warnings;  // what deserves a word
};

// FailedPrecondition: with these settings no promise could be kept; the text says what to change.
absl::StatusOr<ServerFacts> CheckServer(saga::mysql::Connection& session, size_t largest_request);

// How large a request may be for DTM's columns to hold it.
core::RequestLimits LimitsOf(const ColumnForm& form);

}  // namespace saga::adapter::mysql
