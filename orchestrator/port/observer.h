#pragma once

// What the engine tells the outside about itself: the seam for metrics and logs. The engine knows
// neither.

#include <cstddef>
#include <string>

#include "orchestrator/base/time.h"
#include "orchestrator/core/transaction.h"

namespace saga::port {

// Called from the engine's strands, so it must be quick, must not block and must not call the
// engine back. Thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;

  // A transaction came to be (stored). Also for one found in the store at start (`recovered`).
  virtual void OnOpened(const core::GlobalTransaction& transaction, bool recovered) = 0;
  // A branch call came back.
  virtual void OnBranchAnswered(const core::GlobalTransaction& transaction,
                                const core::Branch& branch, core::Outcome outcome,
                                const std::string& text, base::Duration took) = 0;
  // Work on it has come to a stop before its end: what comes next waits for a time or for somebody
  // outside. Once for each stretch of work in which a branch was called.
  virtual void OnRested(const core::GlobalTransaction& transaction) = 0;
  // The decision to undo is stored.
  virtual void OnAborting(const core::GlobalTransaction& transaction) = 0;
  // The final status is stored.
  virtual void OnEnded(const core::GlobalTransaction& transaction) = 0;
  // A store commit returned. `failed` writes are those that were not stored, or of which that is
  // not known.
  virtual void OnCommit(size_t writes, size_t failed, base::Duration took) = 0;
  // A request was turned away because a limit was reached. `limit` is the limit's name.
  virtual void OnRefused(const std::string& limit) = 0;
  // The store does not answer or answers again.
  virtual void OnStoreHealth(bool ok, const std::string& error) = 0;
};

}  // namespace saga::port
