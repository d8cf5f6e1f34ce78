#pragma once

// Everything that can happen to a transaction. Requests, answers and timers all arrive as one of
// these.

#include <string>
#include <variant>
#include <vector>

#include "orchestrator/core/transaction.h"

namespace saga::core {

// The client announces a transaction. `draft` has what the client said (gid, mode, options,
// branches, ...); status, times and version are set by Step.
struct Prepared {
  GlobalTransaction draft;
};

// The client asks that it be carried out. On a prepared transaction the stored branches count, not
// the draft's.
struct Submitted {
  GlobalTransaction draft;
};

// A TCC branch before its try. `rows` are its cancel and confirm.
struct BranchRegistered {
  Mode mode = Mode::kTcc;
  std::vector<Branch> rows;
};

// A call came back. `attempt` is the number StartCall gave it.
struct BranchAnswered {
  uint32_t row = 0;  // index into GlobalTransaction::branches
  uint32_t attempt = 0;
  Outcome outcome = Outcome::kUnknown;
  std::string text;  // for any outcome but success
};

// A time that NextWake named has come.
struct Woken {};

struct AbortRequested {
  std::string reason;
  std::string actor;  // who, for the history; empty: the client
  bool by_operator =
      false;  // an operator may also abort a running saga; a client may not (protocol 5.8)
};

// An operator wants no more waiting: every planned retry is due at once.
struct RetryRequested {
  std::string actor;
};

using Event = std::variant<Prepared, Submitted, BranchRegistered, BranchAnswered, Woken,
                           AbortRequested, RetryRequested>;

}  // namespace saga::core
