#pragma once

// A database of each kind that the SDK knows, empty, for suites that run on all of them:
//
//   class SomeTest : public testing::TestWithParam<Dialect> {
//     DatabaseUnderTest place_{GetParam()};
//     std::unique_ptr<Database> database_ = place_.Open();
//   };
//   INSTANTIATE_TEST_SUITE_P(Databases, SomeTest, EachDialect(), DialectName);

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "participants/sdk/database.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/temp_dir.h"

namespace saga::participants::sdk {

// Not thread-safe. Goes after what it opened.
class DatabaseUnderTest {
 public:
  explicit DatabaseUnderTest(Dialect dialect) {
    if (dialect == Dialect::kMysql) server_.emplace();
  }

  // As Database::Open takes it, and --database of a service.
  std::string place() const { return server_ ? server_->url() : "sqlite:" + dir_.File("test.db"); }
  // Only of MySQL.
  fixture::Database& server() { return *server_; }

  // One more connection, as another process would have it.
  std::unique_ptr<Database> Open(const DatabaseOptions& options = {}) const {
    absl::StatusOr<std::unique_ptr<Database>> opened = Database::Open(place(), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

 private:
  fixture::TempDir dir_;
  std::optional<fixture::Database> server_;
};

inline auto EachDialect() { return ::testing::Values(Dialect::kSqlite, Dialect::kMysql); }

inline std::string DialectName(const ::testing::TestParamInfo<Dialect>& test) {
  return test.param == Dialect::kSqlite ? "Sqlite" : "Mysql";
}

// The number that a query answers.
inline int64_t NumberIn(Database& database, const std::string& query) {
  int64_t number = -1;
  const absl::Status read = database.Read([&](Transaction& tx) -> absl::Status {
    absl::StatusOr<Rows> rows = tx.Query(query);
    if (!rows.ok()) return rows.status();
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return absl::NotFoundError("no row");
    number = rows->Int(0);
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read << ": " << query;
  return number;
}

}  // namespace saga::participants::sdk
