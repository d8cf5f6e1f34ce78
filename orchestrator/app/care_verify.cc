#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/sqlite_audit.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/care_progress.h"
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

}  // namespace

ExitCode VerifyFile(const std::string& path, const std::string& name, bool json) {
  auto audit = adapter::OpenSqliteAudit(path);
  if (!audit.ok()) return Fail(ExitCode::kStore, std::string(audit.status().message()));
  care::Verified verified;
  CareProgress progress("verify", /*bytes=*/false);
  const absl::Status status = care::Verify(
      **audit, [&](const port::Finding& finding) { Print(finding, json); }, progress, &verified);
  if (!status.ok()) {
    Fail(ExitCode::kStore, absl::StrCat(name, " could not be read to its end: ", status.message()));
    return verified.findings.empty() ? ExitCode::kStore : ExitCode::kFindings;
  }
  PrintSummary(verified, json);
  return verified.findings.empty() ? ExitCode::kStopped : ExitCode::kFindings;
}

ExitCode RunVerify(const CommandLine& line, const Config& config) {
  const std::string path = line.from.empty() ? StoreFile(config) : line.from;
  return VerifyFile(path, path, line.json);
}

}  // namespace saga::app
