#include "orchestrator/care/verify.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/care/record_check.h"

namespace saga::care {

uint64_t Verified::Findings() const {
  uint64_t all = 0;
  for (const auto& [name, count] : findings) all += count;
  return all;
}

absl::Status Verify(port::StoreAudit& store,
                    absl::FunctionRef<void(const port::Finding&)> on_finding,
                    absl::FunctionRef<void(uint64_t done, uint64_t all)> on_progress,
                    Verified* verified) {
  const auto tell = [&](const port::Finding& finding) {
    ++verified->findings[finding.name];
    on_finding(finding);
  };
  const auto on_transaction = [&](const port::AuditedTransaction& audited) {
    ++verified->transactions;
    for (const port::Finding& finding : CheckRecord(audited)) tell(finding);
  };
  const auto on_job = [&](const port::AuditedJob& audited) {
    ++verified->jobs;
    for (const port::Finding& finding : CheckJob(audited)) tell(finding);
  };
  return store.Walk({.on_finding = tell,
                     .on_transaction = on_transaction,
                     .on_job = on_job,
                     .on_progress = on_progress});
}

std::string SummaryOf(const Verified& verified) {
  const auto counted = [](uint64_t count, absl::string_view what) {
    return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
  };
  std::string text = absl::StrCat("checked ", counted(verified.transactions, "transaction"),
                                  " and ", counted(verified.jobs, "job"), ": ");
  if (verified.findings.empty()) return absl::StrCat(text, "no findings");
  absl::StrAppend(&text, counted(verified.Findings(), "finding"), " (");
  bool first = true;
  for (const auto& [name, count] : verified.findings) {
    absl::StrAppend(&text, first ? "" : ", ", count, " ", name);
    first = false;
  }
  return absl::StrCat(text, ")");
}

}  // namespace saga::care
