#include "orchestrator/adapter/mysql/schema.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace saga::adapter::mysql {

namespace {

// What a request is wrapped in on its way to a row.
constexpr size_t kPacketSlack = 1 << 20;

// What our own script gives DTM's columns, where DTM's are narrower.
struct WideColumn {
  const char* table;
  const char* column;
  const char* type;
  bool text;  // whether its collation has to tell "a" from "A"
};
constexpr WideColumn kWide[] = {
    {"trans_global", "gid", "VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
     true},
    {"trans_global", "options", "TEXT", false},
    {"trans_global", "custom_data", "MEDIUMTEXT", false},
    {"trans_global", "result", "MEDIUMTEXT", false},
    {"trans_global", "rollback_reason", "TEXT", false},
    {"trans_branch_op", "gid", "VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
     true},
    {"trans_branch_op", "branch_id",
     "VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL", true},
    {"trans_branch_op", "bin_data", "LONGBLOB", false},
};

constexpr char kColumns[] =
    "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, "
    "COALESCE(COLLATION_NAME, '') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() "
    "AND TABLE_NAME IN ('trans_global', 'trans_branch_op', 'kv')";

struct ColumnFact {
  size_t width = 0;
  bool exact = true;  // tells upper from lower case
};

std::string CommentsOff(absl::string_view sql) {
  std::string out;
  for (absl::string_view line : absl::StrSplit(sql, '\n')) {
    const size_t comment = line.find("--");
    absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(line.substr(0, comment)), "\n");
  }
  return out;
}

std::vector<std::string> StatementsOf(absl::string_view sql) {
  std::vector<std::string> statements;
  const std::string text = CommentsOff(sql);
  for (absl::string_view part : absl::StrSplit(text, ";\n")) {
    part = absl::StripAsciiWhitespace(part);
    if (!part.empty()) statements.emplace_back(part);
  }
  return statements;
}

absl::StatusOr<std::map<std::string, ColumnFact>> ReadColumns(saga::mysql::Connection& session) {
  const auto rows = session.Query(kColumns);
  if (!rows.ok()) return rows.status();
  std::map<std::string, ColumnFact> columns;
  for (const saga::mysql::Row& row : *rows) {
    const std::string type = absl::AsciiStrToLower(row[2].value_or(""));
    const std::string& collation = row[4].value_or("");
    ColumnFact fact{.width = saga::mysql::NumberIn(row[3])};
    // Of a TEXT column the catalogue says how many bytes it has, of a VARCHAR how many characters.
    if (absl::EndsWith(type, "text")) fact.width /= 4;
    fact.exact = collation.empty() || absl::EndsWith(collation, "_bin") ||
                 absl::StrContains(collation, "_cs");
    columns[absl::StrCat(absl::AsciiStrToLower(*row[0]), ".", absl::AsciiStrToLower(*row[1]))] =
        fact;
  }
  return columns;
}

absl::Status TooNew(int version) {
  return absl::FailedPreconditionError(
      absl::StrCat("the tables in this database are of schema version ", version,
                   "; this sagad knows versions up to ", Migrations().back().version,
                   ". Start the newer sagad that made them."));
}

absl::Status CheckEngines(saga::mysql::Connection& session) {
  const auto rows = session.Query(
      "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
      "AND (TABLE_NAME IN ('trans_global', 'trans_branch_op', 'kv') OR TABLE_NAME LIKE 'sagad%')");
  if (!rows.ok()) return rows.status();
  for (const saga::mysql::Row& row : *rows) {
    const std::string engine = absl::AsciiStrToLower(row[1].value_or("innodb"));
    if (engine == "myisam" || engine == "aria" || engine == "memory") {
      return absl::FailedPreconditionError(absl::StrCat(
          "table ", row[0].value_or(""), " has the engine ", engine,
          ", which knows no transactions: ALTER TABLE ", row[0].value_or(""), " ENGINE=InnoDB"));
    }
  }
  return absl::OkStatus();
}

void WarnOfColumns(const std::map<std::string, ColumnFact>& columns, ServerFacts* facts) {
  std::string narrow;
  for (const WideColumn& wide : kWide) {
    const std::string name = absl::StrCat(wide.table, ".", wide.column);
    const auto found = columns.find(name);
    if (found == columns.end()) continue;
    if (wide.text && !found->second.exact) {
      facts->warnings.push_back(
          absl::StrCat("column ", name,
                       " takes names that differ in case for one: such a transaction is "
                       "refused. `sagad migrate --widen` changes that."));
    }
    const bool is_narrow = found->second.width < 65535 / 4 && !wide.text;
    if (is_narrow || (name == "trans_branch_op.bin_data" && found->second.width <= 65535))
      absl::StrAppend(&narrow, narrow.empty() ? "" : ", ", name, " (", found->second.width, ")");
  }
  if (!narrow.empty()) {
    facts->warnings.push_back(absl::StrCat(
        "requests are limited to what DTM's columns hold, in characters or bytes: ", narrow,
        ". `sagad migrate --widen` makes them wider."));
  }
}

}  // namespace

absl::StatusOr<int> SchemaVersion(saga::mysql::Connection& session) {
  const auto there = session.QueryOne(
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
      "TABLE_NAME = 'sagad_meta'");
  if (!there.ok()) return there.status();
  if (saga::mysql::NumberIn(*there) == 0) return 0;
  const auto version =
      session.QueryOne("SELECT value FROM sagad_meta WHERE name = 'schema_version'");
  if (!version.ok()) return version.status();
  return static_cast<int>(saga::mysql::NumberIn(*version));
}

absl::StatusOr<std::vector<std::string>> PlanMigration(saga::mysql::Connection& session) {
  const absl::StatusOr<int> version = SchemaVersion(session);
  if (!version.ok()) return version.status();
  if (*version > Migrations().back().version) return TooNew(*version);
  std::vector<std::string> plan;
  for (const Migration& migration : Migrations()) {
    if (migration.version <= *version) continue;
    for (std::string& statement : StatementsOf(migration.sql)) plan.push_back(std::move(statement));
    plan.push_back(absl::StrCat("REPLACE INTO sagad_meta (name, value) VALUES ('schema_version', '",
                                migration.version, "')"));
  }
  return plan;
}

absl::StatusOr<std::vector<std::string>> PlanWidening(saga::mysql::Connection& session) {
  const auto columns = ReadColumns(session);
  if (!columns.ok()) return columns.status();
  std::vector<std::string> plan;
  for (const WideColumn& wide : kWide) {
    const auto found = columns->find(absl::StrCat(wide.table, ".", wide.column));
    if (found == columns->end()) continue;
    const bool blob = absl::string_view(wide.type) == "LONGBLOB";
    const bool medium = absl::string_view(wide.type) == "MEDIUMTEXT";
    const size_t wanted = blob ? 1 << 24 : medium ? (1 << 24) / 4 - 1 : 65535 / 4;
    const bool fine = wide.text ? found->second.exact : found->second.width >= wanted;
    if (!fine) {
      plan.push_back(
          absl::StrCat("ALTER TABLE ", wide.table, " MODIFY ", wide.column, " ", wide.type));
    }
  }
  return plan;
}

absl::Status RunStatements(saga::mysql::Connection& session,
                           const std::vector<std::string>& statements,
                           const std::function<void(const std::string&)>& told) {
  for (const std::string& statement : statements) {
    told(statement);
    if (absl::Status run = session.Run(statement); !run.ok()) return run;
  }
  return absl::OkStatus();
}

absl::StatusOr<ServerFacts> CheckServer(saga::mysql::Connection& session, size_t largest_request) {
  const auto rows =
      session.Query("SELECT VERSION(), @@max_allowed_packet, @@innodb_flush_log_at_trx_commit");
  if (!rows.ok()) return rows.status();
  ServerFacts facts{.version = rows->front()[0].value_or(""),
                    .max_packet = saga::mysql::NumberIn(rows->front()[1])};
  if (facts.max_packet < largest_request + kPacketSlack) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the database takes packets of ", facts.max_packet, " bytes, limit.request_bytes allows ",
        "requests of ", largest_request, ": set max_allowed_packet to at least ",
        largest_request + kPacketSlack, ", or lower limit.request_bytes"));
  }
  if (rows->front()[2] != "1") {
    facts.warnings.push_back(
        "innodb_flush_log_at_trx_commit is not 1: a database that crashes forgets transactions "
        "that clients were told are stored");
  }
  if (absl::Status engines = CheckEngines(session); !engines.ok()) return engines;
  const auto wsrep = session.Query("SHOW STATUS LIKE 'wsrep_cluster_size'");
  facts.galera = wsrep.ok() && !wsrep->empty() && saga::mysql::NumberIn(wsrep->front()[1]) > 0;
  const auto columns = ReadColumns(session);
  if (!columns.ok()) return columns.status();
  for (const auto& [name, fact] : *columns) facts.form.widths[name] = fact.width;
  WarnOfColumns(*columns, &facts);
  return facts;
}

core::RequestLimits LimitsOf(const ColumnForm& form) {
  core::RequestLimits limits;
  limits.payload = form.Width("trans_branch_op.bin_data");
  limits.custom_data = form.Width("trans_global.custom_data");
  limits.result = form.Width("trans_global.result");
  limits.reason = form.Width("trans_global.rollback_reason");
  return limits;
}

}  // namespace saga::adapter::mysql
