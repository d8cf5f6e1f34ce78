#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/mysql_audit.h"
#include "orchestrator/adapter/sqlite/sqlite_audit.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/care_progress.h"
#include "orchestrator/app/mysql_settings.h"
#include "orchestrator/care/verify.h"

namespace saga::app {
namespace {

void Print(const port::Finding& finding, bool json) {
  if (!json) {
    std::printf("%-26s  %s  %s\n", finding.name.c_str(), finding.subject.c_str(),
                finding.text.c_str());
    return;
  }
  const nlohmann::ordered_json line = {
      {"finding", finding.name}, {"subject", finding.subject}, {"text", finding.text}};
  // A gid may have any bytes.
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

void PrintSummary(const care::Verified& verified, bool json) {
  if (!json) {
    std::printf("%s\n", SummaryOf(verified).c_str());
    return;
  }
  const nlohmann::ordered_json line = {{"transactions", verified.transactions},
                                       {"jobs", verified.jobs},
                                       {"findings", verified.Findings()}};
  std::printf("%s\n", line.dump().c_str());
}

ExitCode Verify(port::StoreAudit& store, const std::string& name, bool json) {
  care::Verified verified;
  const CareProgress progress("verify", /*bytes=*/false);
  const absl::Status status = care::Verify(
      store, [&](const port::Finding& finding) { Print(finding, json); }, progress, &verified);
  if (!status.ok()) {
    Fail(ExitCode::kStore, absl::StrCat(name, " could not be read to its end: ", status.message()));
    return verified.findings.empty() ? ExitCode::kStore : ExitCode::kFindings;
  }
  PrintSummary(verified, json);
  return verified.findings.empty() ? ExitCode::kStopped : ExitCode::kFindings;
}

}  // namespace

ExitCode VerifyFile(const std::string& path, const std::string& name, bool json) {
  auto audit = adapter::OpenSqliteAudit(path);
  if (!audit.ok()) return Fail(ExitCode::kStore, std::string(audit.status().message()));
  return Verify(**audit, name, json);
}

ExitCode RunVerify(const CommandLine& line, const Config& config) {
  if (!line.from.empty()) return VerifyFile(line.from, line.from, line.json);
  if (!IsSharedStore(config.store))
    return VerifyFile(StoreFile(config), StoreFile(config), line.json);
  const absl::StatusOr<adapter::MysqlOptions> options = MysqlSettings(config);
  if (!options.ok()) return Fail(ExitCode::kConfiguration, std::string(options.status().message()));
  auto audit = adapter::OpenMysqlAudit(*options);
  if (!audit.ok()) return Fail(ExitCode::kStore, std::string(audit.status().message()));
  return Verify(**audit, config.store, line.json);
}

}  // namespace saga::app
