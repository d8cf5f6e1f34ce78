#include "orchestrator/adapter/mysql/preparation.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/mysql/node_lease.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;

absl::Status Prepare(Connection& session, const MysqlOptions& options, ServerFacts* facts) {
  const auto plan = PlanMigration(session);
  if (!plan.ok()) return plan.status();
  if (!plan->empty() && !options.migrate) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the database lacks tables of this version: see `sagad migrate --plan --store ",
        saga::mysql::UrlOf(options.database), "`, then `sagad migrate --apply`"));
  }
  const absl::Status run = RunStatements(session, *plan, [](const std::string&) {});
  if (!run.ok()) return run;
  absl::StatusOr<ServerFacts> checked = CheckServer(session, options.largest_request);
  if (checked.ok()) *facts = *std::move(checked);
  return checked.status();
}

}  // namespace

absl::StatusOr<ServerFacts> PrepareDatabase(SessionPool& pool, const MysqlOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = ZoneOf(options.time_zone);
  if (!zone.ok()) return zone.status();
  ServerFacts facts;
  absl::Status status =
      pool.With([&](Connection& session) { return Prepare(session, options, &facts); });
  if (!status.ok()) return status;
  facts.form.zone = *zone;
  return facts;
}

absl::StatusOr<bool> HasImportMark(Connection& session) {
  const auto mark = session.QueryOne("SELECT value FROM sagad_meta WHERE name = 'import'");
  if (!mark.ok()) return mark.status();
  return mark->has_value();
}

absl::Status SetImportMark(Connection& session) {
  return session.Run("REPLACE INTO sagad_meta (name, value) VALUES ('import', 'not complete')");
}

absl::Status RemoveImportMark(Connection& session) {
  return session.Run("DELETE FROM sagad_meta WHERE name = 'import'");
}

absl::Status RequireNoImport(Connection& session) {
  const absl::StatusOr<bool> mark = HasImportMark(session);
  if (!mark.ok() || !*mark) return mark.status();
  return absl::FailedPreconditionError(
      "an import into this database was not completed: run `sagad import` again, which begins by "
      "emptying it");
}

absl::Status RequireNoNodes(Connection& session) {
  const auto node = session.QueryOne(absl::StrCat(
      "SELECT name FROM sagad_node WHERE state < 3 AND lease_until >= ", kDatabaseNow, " LIMIT 1"));
  if (!node.ok() || !node->has_value()) return node.status();
  return absl::FailedPreconditionError(
      absl::StrCat("sagad runs on this database, as node ", **node,
                   ": stop it first. One that was killed counts until its lease has run out."));
}

}  // namespace saga::adapter::mysql
