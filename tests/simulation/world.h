#pragma once

// One simulated world: a clock that stands still between events, a queue of what happens next, and
// one source of chance. The same seed gives the same world, event by event.

#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"

namespace saga::simulation {

class World : public port::Clock, public port::Entropy {
 public:
  explicit World(uint64_t seed) : chance_(seed), now_(base::Time{1'700'000'000'000'000}) {}

  base::Time Now() override { return now_; }
  uint64_t Next() override { return chance_(); }

  // `what` happens at `when` (now, if that is past). Two things at the same time happen in the
  // order they were planned.
  void At(base::Time when, std::function<void()> what);
  void After(base::Duration delay, std::function<void()> what) {
    At(now_ + delay, std::move(what));
  }

  // Lets things happen until nothing is left to happen before `until`, or `stop` says so. False:
  // `stop` said so.
  bool RunUntil(base::Time until, const std::function<bool()>& stop);

  bool Chance(double probability) { return Uniform() < probability; }
  uint64_t Below(uint64_t bound) { return chance_() % bound; }
  base::Duration Between(base::Duration low, base::Duration high) {
    return low + base::Micros(
                     static_cast<int64_t>(Below(static_cast<uint64_t>((high - low).micros) + 1)));
  }

  // Everything worth telling goes through here: it is what two runs of a seed are compared by, and
  // what a replay prints.
  void Log(const std::string& line);
  uint64_t Fingerprint() const { return fingerprint_; }
  void PrintLog(bool print) { print_ = print; }
  uint64_t Events() const { return sequence_; }

 private:
  struct Planned {
    base::Time when;
    uint64_t sequence;
    std::function<void()> what;
    bool operator>(const Planned& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };

  double Uniform() { return static_cast<double>(chance_() >> 11) * 0x1.0p-53; }

  std::mt19937_64 chance_;
  base::Time now_;
  uint64_t sequence_ = 0;
  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> planned_;
  uint64_t fingerprint_ = 14695981039346656037ULL;  // FNV-1a
  bool print_ = false;
};

}  // namespace saga::simulation
