#pragma once

// What Step decided about an event.

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"

namespace saga::core {

// The answer to a request; for answers of branches and timers it is kAccepted.
enum class Verdict : uint8_t {
  kAccepted,
  kAlready,        // it was so already: the client may take it as done (protocol 5.8)
  kNotFound,       // no such transaction
  kCannotPrepare,  // status does not allow it
  kCannotSubmit,
  kCannotAbort,
  kCannotRegister,   // not prepared (any more), or no such transaction
  kBranchConflict,   // a branch of that id and op exists with other content
  kTooManyBranches,  // limit.steps
  kNothingToRetry,   // ended, or nothing waits
  kOtherContent,     // the gid belongs to a transaction of another mode or with other branches
  kCannotStop,       // ended already
  kCannotEnd,        // no workflow, or one that ended otherwise
  kNoDeadLetter,     // no such branch op, or it is not dead (any more), or has died again since
  kCannotResolve,    // this op or mode cannot be settled that way
};

enum class HistoryKind : uint8_t {
  kPrepared = 1,
  kSubmitted = 2,
  kRegistered = 3,
  kAnswered = 4,  // any outcome but success; successes are told by the branch rows themselves
  kAborting = 5,
  kEnded = 6,
  kAbortRequested = 7,
  kRetryRequested = 8,
  kForceStopped = 9,
  kDead = 10,  // a branch op became a dead letter
  kReplayed = 11,
  kEdited = 12,
  kResolved = 13,
  kDiscarded = 14,
  kFallback = 15,  // a branch was called over the fallback
};

// One line of a transaction's history: stored with the change it tells of, never changed
// afterwards.
struct HistoryEntry {
  base::Time time;
  HistoryKind kind = HistoryKind::kSubmitted;
  std::string branch_id;  // empty: about the transaction
  Op op = Op::kAction;    // meaningful with a branch_id
  uint32_t attempt = 0;
  Outcome outcome = Outcome::kUnknown;  // meaningful for kAnswered
  std::string text;
  std::string actor;

  bool operator==(const HistoryEntry&) const = default;
};

// Something that the world outside may want to hear of; it is published after it is stored.
struct Notice {
  enum class Kind : uint8_t { kEnded, kDead };
  Kind kind = Kind::kEnded;
  uint32_t row = 0;  // kDead

  bool operator==(const Notice&) const = default;
};

struct Decision {
  Verdict verdict = Verdict::kAccepted;
  // The transaction differs from before. When false nothing needs storing.
  bool changed = false;
  // The change must be stored before anything is called, answered or planned because of it (the
  // durability table, orchestrator/README.md). When false it may ride on the transaction's next
  // commit.
  bool durable = false;
  // Rows that changed or are new, as indexes into GlobalTransaction::branches; ascending, each
  // once.
  std::vector<uint32_t> rows;
  std::vector<HistoryEntry> history;
  std::vector<Notice> notices;
  // A payload was edited: `rows` holds the edited row and the one behind it, and both are to be
  // stored with their payloads.
  bool payload_edited = false;
};

}  // namespace saga::core
