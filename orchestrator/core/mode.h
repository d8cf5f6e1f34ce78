#pragma once

#include <cstdint>

namespace saga::core {

// How a global transaction is made all-or-nothing (`trans_type` on the wire).
enum class Mode : uint8_t {
  kSaga = 1,     // actions forward, compensations back
  kTcc = 2,      // the client tries, sagad confirms or cancels
  kMessage = 3,  // two-phase message: prepared, then delivered until it is taken
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
};

// How a branch is called when its target does not say (protocol 3.1).
enum class Protocol : uint8_t {
  kHttp = 1,
  kGrpc = 2,
};

}  // namespace saga::core
