#pragma once

// sagad, its disk, the network and the participants, as far as they are the same for every mode.

#include <array>
#include <string>
#include <vector>

#include "orchestrator/core/event.h"
#include "tests/model/explorer.h"
#include "tests/model/model.h"

namespace saga::model {

struct ProcessState {
  Record live;           // in memory; none while the process is down
  Record stored;         // on disk
  uint8_t out = 0;       // rows with a call out, as the process knows it
  uint8_t sent = 0;      // rows whose request was ever sent
  uint8_t said_yes = 0;  // rows whose participant ever answered success
  uint8_t said_no = 0;   // ... failure
  uint8_t late = 0;      // the deadline has passed
  uint8_t to_undo = 0;   // participants at which the operator has still to undo by hand
  std::array<Effects, kMaxBranches> effects{};

  bool Up() const { return live.status != 0; }
  core::Status Stored() const { return static_cast<core::Status>(stored.status); }
  bool Sent(size_t row) const { return (sent >> row & 1) != 0; }
  bool ToUndo(size_t participant) const { return (to_undo >> participant & 1) != 0; }
};

using ProcessSuccessors = std::vector<Successor<ProcessState>>;

class Process {
 public:
  Process(core::GlobalTransaction shape, Bend bend, Ways ways = {})
      : codec_(std::move(shape), bend), bend_(bend), ways_(ways) {}

  const core::GlobalTransaction& Shape() const { return codec_.Shape(); }
  // As a client says it who names no branches: everything else of the shape.
  core::GlobalTransaction Draft() const;
  const Bend& bend() const { return bend_; }

  // The record made by the first event, stored.
  ProcessState Born(core::Event event) const;
  // The process, being up, learns of `event`; what must be durable is stored in the same step.
  ProcessState After(ProcessState state, core::Event event, core::Verdict* verdict = nullptr) const;

  // All that can happen without a client and without a participant: crash, restart, calls, answers,
  // time.
  ProcessSuccessors Next(const ProcessState& state) const;

  // A request that was sent arrives at participant number `participant` and is carried out, or,
  // where it may be, refused.
  void Arrive(const ProcessState& state, size_t row, size_t participant,
              ProcessSuccessors& next) const;

  // What an operator may do about row `row`, whose participant has number `participant`.
  void Operate(const ProcessState& state, size_t row, size_t participant,
               ProcessSuccessors& next) const;

  // Open, nothing out and nothing planned, and no dead letter: nobody would ever look at it again.
  bool Forgotten(const ProcessState& state) const;
  // What is wrong with the marks of dead letters and commands; empty: nothing.
  std::string CheckMarks(const ProcessState& state) const;

 private:
  void Calls(const ProcessState& state, ProcessSuccessors& next) const;
  void Command(const ProcessState& state, uint32_t row, ProcessSuccessors& next) const;
  void NotYet(const ProcessState& state, const core::BranchAnswered& answer,
              const std::string& label, ProcessSuccessors& next) const;
  void Replies(const ProcessState& state, uint32_t row, ProcessSuccessors& next) const;
  void Answers(const ProcessState& state, ProcessSuccessors& next) const;
  void Times(const ProcessState& state, ProcessSuccessors& next) const;

  const RecordCodec codec_;
  const Bend bend_;
  const Ways ways_;
};

}  // namespace saga::model
