#pragma once

// Participants that say what a test wrote down, on the engine's stage, and the times at which they
// were asked: for questions of the kind "how long until it is called again".

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/unit/engine/stage.h"

namespace saga::engine {

class Timeline {
 public:
  explicit Timeline(core::Settings settings = {});

  // What calls of (branch, op) are answered, in order, one millisecond after the call; success when
  // nothing is left.
  void Script(const std::string& branch_id, core::Op op, std::vector<core::Outcome> outcomes);
  // ... for ever.
  void Always(const std::string& branch_id, core::Op op, core::Outcome outcome);

  void Prepare(core::GlobalTransaction draft);
  // A branch of a TCC or XA, by its mode.
  void Register(core::Mode mode, const std::string& branch_id);
  void Submit(core::GlobalTransaction draft);
  core::Verdict RetryNow();

  void Run(base::Duration time) { stage_.Run(time); }
  // The process dies and starts again.
  void Restart() { stage_.Restart(); }

  // Seconds from the start to the first call of (branch, op), then from call to call.
  std::vector<double> Gaps(const std::string& branch_id, core::Op op) const;
  core::Status Status() { return stage_.StatusOf("g"); }
  Stage& stage() { return stage_; }

 private:
  struct Asked {
    std::deque<core::Outcome> left;
    core::Outcome otherwise = core::Outcome::kSuccess;
    std::vector<base::Time> calls;
  };
  using Key = std::pair<std::string, core::Op>;

  Scripted Answer(const port::BranchCall& call);

  Stage stage_;
  const base::Time start_;
  std::map<Key, Asked> asked_;
};

// Drafts with the gid "g".
core::GlobalTransaction DraftOf(core::Mode mode, const core::Options& options = {});
// As DraftOf, with `branches` actions and, of a message, a check-back; of a workflow, its callback.
core::GlobalTransaction DraftOf(core::Mode mode, size_t branches,
                                const core::Options& options = {});

// What an answer takes to be heard and stored: the only lateness that is not jitter.
inline constexpr double kHearing = 0.05;

// A retry interval: never early, late by no more than the jitter allows.
MATCHER_P(Interval, seconds, "") {
  return arg >= seconds && arg <= seconds * (1 + core::kRetryJitter) + kHearing;
}
// A time that has no jitter.
MATCHER_P(Exactly, seconds, "") { return arg >= seconds && arg <= seconds + kHearing; }

}  // namespace saga::engine
