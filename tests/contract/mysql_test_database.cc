#include "tests/contract/mysql_test_database.h"

#include <gtest/gtest.h>

#include <string>

#include "orchestrator/mysql/connection.h"
#include "tests/fixture/mariadb.h"

namespace saga::contract {
namespace {

// What is not listed keeps its rows: versions of the tables, and ids that were used.
constexpr const char* kTables[] = {"trans_global",   "trans_branch_op",     "kv",
                                   "sagad_node",     "sagad_transaction",   "sagad_history",
                                   "sagad_outbox",   "sagad_dead_letter",   "sagad_job",
                                   "sagad_job_item", "sagad_parked_message"};

}  // namespace

const saga::mysql::Options& TestDatabase() {
  static const fixture::Database database;
  static const saga::mysql::Options options = *saga::mysql::ParseUrl(database.url());
  return options;
}

void EmptyTestDatabase() {
  saga::mysql::Connection connection;
  absl::Status status = connection.Open(TestDatabase());
  if (status.ok()) status = connection.Run("BEGIN");
  for (const std::string table : kTables) {
    const auto there = connection.QueryOne("SHOW TABLES LIKE '" + table + "'");
    ASSERT_TRUE(there.ok()) << there.status();
    if (status.ok() && there->has_value()) status = connection.Run("DELETE FROM " + table);
  }
  if (status.ok()) status = connection.Run("COMMIT");
  ASSERT_TRUE(status.ok()) << status;
}

}  // namespace saga::contract
