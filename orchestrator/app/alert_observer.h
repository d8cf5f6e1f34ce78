#pragma once

#include <cstdint>
#include <string>

#include "orchestrator/port/alert_sink.h"
#include "orchestrator/port/observer.h"

namespace saga::app {

// Raises an alert for each answer of a branch that is of no use, once so many have come in a row
// (protocol 6.3). Of no use: unknown, or a failure where none is allowed. Ongoing is a good answer.
// What asks the client back, check-backs and workflows' callbacks, raises none.
//
// Thread-safe.
class AlertObserver final : public port::Observer {
 public:
  // `sink` outlives this. The first alert comes with answer number `retry_limit` in a row.
  AlertObserver(port::AlertSink& sink, uint32_t retry_limit)
      : sink_(sink), retry_limit_(retry_limit) {}

  void OnBranchAnswered(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        core::Outcome outcome, const std::string& text,
                        base::Duration took) override;

  void OnOpened(const core::GlobalTransaction&, bool) override {}
  void OnRested(const core::GlobalTransaction&) override {}
  void OnAborting(const core::GlobalTransaction&) override {}
  void OnEnded(const core::GlobalTransaction&) override {}
  void OnCommit(size_t, size_t, base::Duration) override {}
  void OnRefused(const std::string&) override {}
  void OnStoreHealth(bool, const std::string&) override {}

 private:
  port::AlertSink& sink_;
  const uint32_t retry_limit_;
};

}  // namespace saga::app
