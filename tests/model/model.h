#pragma once

// What the three models share: the record as a few bytes, the network, the participants behind
// their barrier.
//
// The network forgets nothing: a request that was ever sent may arrive at any later time, any
// number of times, and an answer that was ever given likewise. That one rule covers lost, late,
// repeated and reordered messages. Time has two values, before and after the deadline, and a retry
// may come due at any moment.

#include <array>
#include <cstdint>
#include <string>

#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"

namespace saga::model {

inline constexpr size_t kMaxRows = 8;
inline constexpr size_t kMaxBranches = 4;

// A GlobalTransaction without what never changes or does not matter to the rules.
struct Record {
  uint8_t status = 0;  // core::Status; 0: there is none
  uint8_t row_count = 0;
  uint8_t limited_retries = 0;
  // Bits 0-1 BranchStatus, 2 called, 3 waits for a retry or a reply, 4 on the fallback, 5 dead, 6
  // has died before.
  std::array<uint8_t, kMaxRows> rows{};

  bool Waits(size_t row) const { return (rows[row] & 8) != 0; }
  void MakeDue(size_t row) { rows[row] &= static_cast<uint8_t>(~8); }
  bool OnFallback(size_t row) const { return (rows[row] & 16) != 0; }
  bool Dead(size_t row) const { return (rows[row] & 32) != 0; }
};

// What a participant did about one branch, and its barrier rows.
struct Effects {
  uint8_t barrier = 0;  // one bit for each op
  uint8_t first = 0;    // action or try took effect this often (counted up to 2)
  uint8_t confirmed = 0;
  uint8_t undone = 0;  // compensate or cancel took effect
};

// How the code under test is bent, to show that the model would notice.
struct Bend {
  bool no_barrier = false;
  bool undo_only_confirmed = false;  // forget that an unanswered action may have run
  bool no_reply_deadline = false;    // a command's reply is awaited for ever
  bool undo_by_hand_first = false;   // the operator undoes an action and tells sagad afterwards
  bool resolve_unseen = false;       // the operator calls it done without having seen that it is
};

// What the world has beside calls that are answered or not.
struct Ways {
  bool fallback = false;      // a call may go out as a command instead
  bool dead_letters = false;  // an unknown outcome may be the last; there is an operator
};

class RecordCodec {
 public:
  // `shape` has everything that never changes, and all rows there can ever be.
  explicit RecordCodec(core::GlobalTransaction shape, Bend bend = {})
      : shape_(std::move(shape)), bend_(bend) {}

  core::GlobalTransaction Unpack(const Record& record) const;
  Record Pack(const core::GlobalTransaction& transaction) const;
  const core::GlobalTransaction& Shape() const { return shape_; }

 private:
  const core::GlobalTransaction shape_;
  const Bend bend_;
};

// Before and after every deadline there is.
core::Context ContextAt(bool late);

// The barrier (protocol 7.3) for one delivered call; counts what took effect. `op` says which call.
void Deliver(core::Op op, bool barrier, Effects* effects);

// Whether such a call ever arrived.
bool Arrived(core::Op op, const Effects& effects);

std::string Name(const core::Branch& branch);

}  // namespace saga::model
