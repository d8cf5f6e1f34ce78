#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/client/script.h"

namespace saga::bench {

// Recovery after kill -9. The participant is told to hold its answers; sagas are submitted without
// wait_result; when each has its first action under way the server is killed, the participant
// answers at once again, the server is restarted on the same data, and the time runs until every
// saga has ended. Nobody pushes: what ends a saga is the server's own recovery.
struct OrphansOptions {
  std::string server_command;            // run by the shell
  std::string server_directory;          // its working directory
  std::vector<std::string> environment;  // NAME=VALUE, for the server
  std::string server_log;                // its output goes here
  Address target;                        // where transactions are submitted
  Address server_http;                   // where the server answers /api/dtmsvr/newGid and query
  Address participant_control;           // the participant's HTTP side: /delay and /counts
  ScriptOptions script;
  int orphans = 60;
  // This many more sagas are submitted before, to a participant that never answers. They are not
  // waited for; they are there to be in the way.
  int parked = 0;
  Address parked_participant;
  std::chrono::seconds patience{60};  // for the orphans to end
};

// Seconds count from the moment the new server process is started.
struct OrphansReport {
  int acknowledged = 0;
  int64_t called_before_kill = 0;
  double ready_seconds = 0;      // until it answers requests
  double half_final_seconds = 0;  // until half of the orphans have ended
  double all_final_seconds = 0;   // until all have; meaningless while unfinished > 0
  int succeeded = 0;
  int failed = 0;
  int unfinished = 0;         // when the patience was over
  int64_t calls_after = 0;  // calls that reached the participant after the kill
};

[[nodiscard]] absl::StatusOr<OrphansReport> RunOrphans(const OrphansOptions& options);

[[nodiscard]] nlohmann::json ToJson(const OrphansReport& report);

}  // namespace saga::bench
