#include "orchestrator/app/migrate.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/schema.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/mysql_settings.h"
#include "orchestrator/mysql/connection.h"

namespace saga::app {

namespace {

absl::StatusOr<std::vector<std::string>> Plan(mysql::Connection& session, bool widen) {
  auto plan = adapter::mysql::PlanMigration(session);
  if (!plan.ok() || !widen) return plan;
  const auto wide = adapter::mysql::PlanWidening(session);
  if (!wide.ok()) return wide.status();
  plan->insert(plan->end(), wide->begin(), wide->end());
  return plan;
}

}  // namespace

ExitCode Migrate(const Config& config, const MigrateOptions& options, std::FILE* out) {
  const absl::StatusOr<mysql::Options> database = DatabaseSettings(config);
  if (!database.ok()) return Fail(ExitCode::kConfiguration, database.status());
  mysql::Connection session;
  if (const absl::Status opened = session.Open(*database); !opened.ok())
    return Fail(ExitCode::kStore, opened);
  const auto plan = Plan(session, options.widen);
  if (!plan.ok()) return Fail(ExitCode::kStore, plan.status());
  if (plan->empty()) {
    std::fprintf(out, "-- %s has all tables of this version\n", mysql::UrlOf(*database).c_str());
    return ExitCode::kStopped;
  }
  const auto print = [out](const std::string& statement) {
    std::fprintf(out, "%s;\n\n", statement.c_str());
    std::fflush(out);
  };
  if (!options.apply) {
    for (const std::string& statement : *plan) print(statement);
    std::fprintf(out, "-- %zu statements; `sagad migrate --apply` runs them\n", plan->size());
    return ExitCode::kStopped;
  }
  if (const absl::Status run = adapter::mysql::RunStatements(session, *plan, print); !run.ok())
    return Fail(ExitCode::kStore, run);
  std::fprintf(out, "-- done: %zu statements\n", plan->size());
  return ExitCode::kStopped;
}

}  // namespace saga::app
