#include "tests/model/model.h"

#include <algorithm>

#include "orchestrator/core/words.h"

namespace saga::model {

namespace {

constexpr base::Time kEarly{1'000'000'000};
constexpr base::Time kLate = kEarly + base::Seconds(1'000'000);
constexpr uint8_t kStatusBits = 3;
constexpr uint8_t kCalled = 4;
constexpr uint8_t kWaits = 8;
constexpr uint8_t kOnFallback = 16;
constexpr uint8_t kDead = 32;
constexpr uint8_t kHasDied = 64;

// Barrier bits, one for each op of a branch.
uint8_t Bit(core::Op op) { return static_cast<uint8_t>(1u << static_cast<unsigned>(op)); }

void Count(uint8_t* counter) { *counter = static_cast<uint8_t>(std::min(*counter + 1, 2)); }

}  // namespace

core::Context ContextAt(bool late) { return {.now = late ? kLate : kEarly}; }

core::GlobalTransaction RecordCodec::Unpack(const Record& record) const {
  core::GlobalTransaction transaction = shape_;
  transaction.status = static_cast<core::Status>(record.status);
  transaction.create_time = kEarly;
  transaction.limited_retries = record.limited_retries;
  transaction.branches.resize(record.row_count);
  for (size_t row = 0; row < record.row_count; ++row) {
    core::Branch& branch = transaction.branches[row];
    branch.status = static_cast<core::BranchStatus>(record.rows[row] & kStatusBits);
    branch.called = (record.rows[row] & kCalled) != 0;
    branch.attempts = 1;
    // Waiting means: due at some later moment, which the model brings about by clearing the bit.
    branch.next_attempt =
        (record.rows[row] & kWaits) != 0 ? kLate + base::Seconds(1) : base::Time{};
    branch.on_fallback = record.OnFallback(row);
    if (branch.on_fallback && bend_.no_reply_deadline) branch.next_attempt = base::kNever;
    branch.dead = record.Dead(row) ? core::DeadReason::kAttemptsUsed : core::DeadReason::kNone;
    branch.deaths = (record.rows[row] & kHasDied) != 0 ? 1 : 0;
  }
  return transaction;
}

Record RecordCodec::Pack(const core::GlobalTransaction& transaction) const {
  Record record;
  record.status = static_cast<uint8_t>(transaction.status);
  record.row_count = static_cast<uint8_t>(transaction.branches.size());
  record.limited_retries = static_cast<uint8_t>(transaction.limited_retries);
  for (size_t row = 0; row < transaction.branches.size(); ++row) {
    const core::Branch& branch = transaction.branches[row];
    record.rows[row] = static_cast<uint8_t>(branch.status);
    if (branch.called && !bend_.undo_only_confirmed) record.rows[row] |= kCalled;
    if (branch.next_attempt.IsSet()) record.rows[row] |= kWaits;
    if (branch.on_fallback) record.rows[row] |= kOnFallback;
    if (branch.dead != core::DeadReason::kNone) record.rows[row] |= kDead;
    if (branch.deaths > 0) record.rows[row] |= kHasDied;
  }
  return record;
}

void Deliver(core::Op op, bool barrier, Effects* effects) {
  const bool undo = op == core::Op::kCompensate || op == core::Op::kCancel;
  const uint8_t origin = op == core::Op::kCompensate ? Bit(core::Op::kAction)
                         : op == core::Op::kCancel   ? Bit(core::Op::kTry)
                                                     : 0;
  const bool null_undo = undo && (effects->barrier & origin) == 0;
  const bool repeated = (effects->barrier & Bit(op)) != 0;
  effects->barrier |= static_cast<uint8_t>(origin | Bit(op));
  if (barrier && (null_undo || repeated)) return;
  if (undo) {
    Count(&effects->undone);
  } else if (op == core::Op::kConfirm) {
    Count(&effects->confirmed);
  } else {
    Count(&effects->first);
  }
}

bool Arrived(core::Op op, const Effects& effects) { return (effects.barrier & Bit(op)) != 0; }

std::string Name(const core::Branch& branch) {
  return branch.branch_id + "/" + std::string(core::WordOf(branch.op));
}

}  // namespace saga::model
