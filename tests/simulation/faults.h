#pragma once

#include "orchestrator/base/time.h"

namespace saga::simulation {

// How unkind a world is. All are probabilities of one occasion.
struct Faults {
  // Network, per message.
  double request_lost = 0;
  double request_doubled = 0;
  double request_late = 0;  // arrives long after the caller gave up
  double reply_lost = 0;
  base::Duration latency_max = base::Millis(5);

  // Store, per commit.
  double commit_refused = 0;  // error, nothing stored
  double commit_unknown = 0;  // error reported; stored or not, half and half
  double store_stall = 0;     // takes long
  base::Duration stall_max = base::Seconds(2);

  // The client of a workflow, per step of a run: the run dies and is not heard of again.
  double run_dies = 0;

  // Process, per simulated second.
  double crash = 0;
  // Per crash: the batch under way when it happens is on disk or torn off, half and half.

  static Faults None() { return {}; }
};

}  // namespace saga::simulation
