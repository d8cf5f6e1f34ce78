#pragma once

#include <cstdint>

namespace saga::core {

// How a global transaction is made all-or-nothing (`trans_type` on the wire).
enum class Mode : uint8_t {
  kSaga = 1,      // actions forward, compensations back
  kTcc = 2,       // the client tries, sagad confirms or cancels
  kMessage = 3,   // two-phase message: prepared, then delivered until it is taken
  kXa = 4,        // the participants hold XA transactions, sagad commits or rolls them back
  kWorkflow = 5,  // the client runs the steps; sagad keeps their results and calls the client back
};

// What is asked of a participant.
enum class Op : uint8_t {
  kAction = 1,
  kCompensate = 2,
  kConfirm = 3,
  kCancel = 4,
  kQuery = 5,  // two-phase message check-back: "was the local transaction committed?" (`msg` on the
               // wire)
  kTry = 6,    // TCC: called by whoever is the client of the transaction, never stored as a row
  kCommit = 7,
  kRollback = 8,
  kCallback = 9,   // workflow: "run it again, it has not ended" (the workflow's name on the wire)
  kBusiness = 10,  // workflow: a local step, noted by the client, never called
};

// Asks the client of the transaction what became of it, rather than a participant for work. Rows of
// these ops are ours: DTM's queries do not show them.
constexpr bool IsAskBack(Op op) { return op == Op::kQuery || op == Op::kCallback; }

// How a branch is called when its target does not say (protocol 3.1).
enum class Protocol : uint8_t {
  kHttp = 1,
  kGrpc = 2,
  kJsonRpc = 3,  // HTTP, and JSON-RPC where the target names a method (protocol 3.1)
};

}  // namespace saga::core
