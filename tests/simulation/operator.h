#pragma once

// Who looks after the dead letters of the simulated world. Acts at random, but never carelessly:
// what is resolved as done was done by hand before, what is resolved as undone is undone by hand
// after, both behind the barrier of the bank, and nothing is ever discarded.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "orchestrator/adapter/memory/memory_store.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/customer.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class Operator {
 public:
  // The disk of the present life, or null while the process is down.
  using DiskNow = std::function<adapter::MemoryStore*()>;

  enum class Mood : uint8_t {
    kRandom,   // some of them, this way or that
    kAway,     // none
    kTidying,  // all of them: mended where that is needed, and replayed
  };

  struct Done {
    uint64_t replays = 0;
    uint64_t edits = 0;
    uint64_t by_hand = 0;   // resolved as done or as undone
    uint64_t given_up = 0;  // resolved as failed, or the whole transaction called off
  };

  Operator(World* world, Bank* bank, EngineNow engine, DiskNow disk);

  void Start();
  void Be(Mood mood) { mood_ = mood; }
  const Done& done() const { return done_; }
  // Has resolved something as undone and has still to undo it.
  bool Owes() const { return !to_undo_.empty(); }

 private:
  using Key = std::tuple<std::string, std::string, uint32_t>;  // gid, branch id, death

  void Look();
  void DecideAbout(const port::DeadLetter& letter);
  void Mend(const port::DeadLetter& letter);
  void DoByHand(const port::DeadLetter& letter);
  void CallOff(const std::string& gid);
  void Act(const port::DeadLetter& letter, core::DeadLetterAct::Kind kind);
  void OnAccepted(core::DeadLetterAct::Kind kind);
  // Whether the act that says so was stored decides: an answer may be lost.
  void UndoByHand();

  World* const world_;
  Bank* const bank_;
  const EngineNow engine_;
  const DiskNow disk_;
  Mood mood_ = Mood::kRandom;
  Done done_;
  std::set<Key> to_undo_;
};

}  // namespace saga::simulation
