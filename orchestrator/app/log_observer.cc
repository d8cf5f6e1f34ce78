#include "orchestrator/app/log_observer.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"

namespace saga::app {
namespace {

// A branch that answers "still working" for ever is worth a line now and then (business.md pain 5).
constexpr uint32_t kOngoingLineEvery = 10;

}  // namespace

void LogObserver::Warn(const char* message, const std::string& about, LogFields fields) {
  if (!log_.Enabled(LogLevel::kWarn)) return;
  const std::optional<uint64_t> suppressed =
      limit_.Admit(absl::StrCat(message, " ", about), clock_.Now());
  if (suppressed.has_value())
    log_.WriteAfterSuppressed(LogLevel::kWarn, message, *suppressed, fields);
}

void LogObserver::OnOpened(const core::GlobalTransaction& transaction, bool recovered) {
  if (!log_.Enabled(LogLevel::kDebug)) return;
  log_.Debug("transaction opened", {{"gid", transaction.gid},
                                    {"mode", core::WordOf(transaction.mode)},
                                    {"status", core::WordOf(transaction.status)},
                                    {"definition", transaction.definition},
                                    {"recovered", recovered}});
}

void LogObserver::OnBranchAnswered(const core::GlobalTransaction& transaction,
                                   const core::Branch& branch, core::Outcome outcome,
                                   const std::string& text, base::Duration took) {
  const char* message = nullptr;
  switch (outcome) {
    case core::Outcome::kSuccess:
      return;
    case core::Outcome::kFailure:
      message = "branch call failed";
      break;
    case core::Outcome::kOngoing:
      message = "branch call ongoing";
      break;
    case core::Outcome::kUnknown:
      message = "branch call unknown";
      break;
  }
  const bool ongoing = outcome == core::Outcome::kOngoing;
  const bool quiet = ongoing && branch.attempts % kOngoingLineEvery != 0;
  if (!log_.Enabled(quiet ? LogLevel::kDebug : LogLevel::kWarn)) return;
  const std::string destination = core::DestinationOf(branch.target);
  const LogFields fields = {{"gid", transaction.gid},        {"branch", branch.branch_id},
                            {"op", core::WordOf(branch.op)}, {"attempt", branch.attempts},
                            {"destination", destination},    {"error", text},
                            {"took_us", took.micros}};
  if (quiet) {
    log_.Debug(message, fields);
  } else {
    Warn(message, destination, fields);
  }
}

void LogObserver::OnAborting(const core::GlobalTransaction& transaction) {
  log_.Info("transaction aborting", {{"gid", transaction.gid},
                                     {"mode", core::WordOf(transaction.mode)},
                                     {"reason", transaction.rollback_reason}});
}

void LogObserver::OnEnded(const core::GlobalTransaction& transaction) {
  const bool failed = transaction.status == core::Status::kFailed;
  const base::Duration took = transaction.finish_time - transaction.create_time;
  log_.Write(failed ? LogLevel::kInfo : LogLevel::kDebug, "transaction ended",
             {{"gid", transaction.gid},
              {"mode", core::WordOf(transaction.mode)},
              {"status", core::WordOf(transaction.status)},
              {"reason", transaction.rollback_reason},
              {"took_us", took.micros}});
}

void LogObserver::OnCommit(size_t writes, size_t failed, base::Duration took) {
  if (failed == 0) return;
  Warn("store commit failed", "",
       {{"writes", writes}, {"failed", failed}, {"took_us", took.micros}});
}

void LogObserver::OnRefused(const std::string& limit) {
  Warn("request refused", limit, {{"limit", limit}});
}

void LogObserver::OnStoreHealth(bool ok, const std::string& error) {
  if (ok) {
    log_.Info("store answers again");
  } else {
    log_.Error("store does not answer", {{"error", error}});
  }
}

}  // namespace saga::app
