#pragma once

#include "orchestrator/app/log.h"
#include "orchestrator/app/message_limit.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/observer.h"

namespace saga::app {

// Writes to the log what operators look for, with gid, branch and op in every line about a
// transaction:
//
//   debug  transaction opened, transaction ended (succeed), branch call ongoing
//   info   transaction aborting (reason), transaction ended (failed), store answers again
//   warn   branch call unknown or failed (attempt, destination, error), branch call still
//          ongoing (every tenth attempt), store commit failed, request refused
//   error  store does not answer
//
// Of each warning, and each destination, ten lines pass in ten seconds; the next one tells how many
// were suppressed.
//
// Thread-safe.
class LogObserver final : public port::Observer {
 public:
  // Both outlive this.
  LogObserver(Log& log, port::Clock& clock)
      : log_(log), clock_(clock), limit_(10, base::Seconds(10)) {}

  void OnOpened(const core::GlobalTransaction& transaction, bool recovered) override;
  void OnBranchAnswered(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        core::Outcome outcome, const std::string& text,
                        base::Duration took) override;
  // What keeps it from going on was said when the branch answered.
  void OnRested(const core::GlobalTransaction&) override {}
  void OnAborting(const core::GlobalTransaction& transaction) override;
  void OnEnded(const core::GlobalTransaction& transaction) override;
  void OnCommit(size_t writes, size_t failed, base::Duration took) override;
  void OnRefused(const std::string& limit) override;
  void OnStoreHealth(bool ok, const std::string& error) override;

 private:
  void Warn(const char* message, const std::string& about, LogFields fields);

  Log& log_;
  port::Clock& clock_;
  MessageLimit limit_;
};

}  // namespace saga::app
