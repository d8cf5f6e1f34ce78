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
  double bank_vanishes = 0;  // per simulated second: nobody is there for a while
  base::Duration latency_max = base::Millis(5);

  // Store, per commit.
  double commit_refused = 0;  // error, nothing stored
  double commit_unknown = 0;  // error reported; stored or not, half and half
  double store_stall = 0;     // takes long
  base::Duration stall_max = base::Seconds(2);
  double outbox_fails = 0;  // reading or removing, or parking

  // Broker: per message, or per simulated second for how often it goes away.
  double message_doubled = 0;
  double confirmation_lost = 0;
  double publish_given_up = 0;  // of what was not confirmed; the others are sent again
  double group_rewinds = 0;     // a group gets again what it did not commit
  double intake_dies = 0;       // of a participant, between a command's effect and its reply
  double broker_leaves = 0;
  double broker_crashes = 0;  // of the times that it goes

  // The client of a workflow, per step of a run: the run dies and is not heard of again.
  double run_dies = 0;

  // Process, per simulated second.
  double crash = 0;
  // Per crash: the batch under way when it happens is on disk or torn off, half and half.

  static Faults None() { return {}; }
};

}  // namespace saga::simulation
