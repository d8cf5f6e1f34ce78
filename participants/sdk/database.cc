#include "participants/sdk/database.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "participants/sdk/mysql_database.h"
#include "participants/sdk/sqlite_database.h"

namespace saga::participants::sdk {
namespace {

// A name goes into statements as it is.
bool IsTableName(absl::string_view name, int max_dots) {
  int dots = 0;
  char before = '.';
  for (const char c : name) {
    if (c == '.') {
      if (before == '.' || ++dots > max_dots) return false;
    } else if (c != '_' && !absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

}  // namespace

Rows::Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Rows::~Rows() {
  if (statement_ != nullptr) statement_->Reset();
}

Database::Database(Dialect dialect, std::string barrier_table)
    : dialect_(dialect), barrier_table_(std::move(barrier_table)) {}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& place,
                                                         const DatabaseOptions& options) {
  const bool mysql = absl::StartsWith(place, "mysql://");
  if (!IsTableName(options.barrier_table, mysql ? 1 : 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.barrier_table, "' is no name of a table for the barrier"));
  }
  if (!mysql)
    return SqliteDatabase::Open(std::string(absl::StripPrefix(place, "sqlite:")), options);
  absl::StatusOr<mysql::Options> server = mysql::ParseUrl(place);
  if (!server.ok()) return server.status();
  server->password = options.password;
  server->tls = options.tls;
  server->tls_ca = options.tls_ca;
  return MysqlDatabase::Open(*std::move(server), options);
}

}  // namespace saga::participants::sdk
