#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/client/script.h"
#include "tests/bench/latency.h"

namespace saga::bench {

struct LoadOptions {
  std::vector<Address> targets;  // nodes of one server: the clients are spread over them
  ScriptOptions script;
  int clients = 1;
  int channels = 4;          // see Transport::Options
  bool random_gids = false;  // instead of ascending ones: what indexes find hardest
  std::chrono::milliseconds warmup{0};
  std::chrono::milliseconds measured{10'000};
  // When given, the report tells what they used: the server's nodes, and the database they share.
  std::vector<pid_t> server_pids;
  pid_t database_pid = 0;
};

// What happened to the transactions that ended within the measured time.
struct LoadReport {
  int64_t ok = 0;
  int64_t failed = 0;  // refused: with wait_result, the transaction did not succeed
  int64_t errors = 0;
  // Of failures and errors, the gid replaced; at most kMaxTexts.
  std::map<std::string, int64_t> texts;
  double seconds = 0;
  double per_second = 0;       // ok only
  LatencySummary latency;      // ok only, from the first call of the transaction to the last answer
  double client_cpu_ms = 0;    // of this program, per transaction
  double server_cpu_ms = 0;    // of all nodes, per transaction; 0 without server_pids
  double database_cpu_ms = 0;  // the same of the database
  int64_t server_rss_kib = 0;  // of all nodes
  int64_t server_peak_rss_kib = 0;
};

inline constexpr size_t kMaxTexts = 20;

// A closed loop: every client starts its next transaction when the last one was answered, and rests
// for 20 ms after an error. Gids are unique across runs and all of one length, since DTM's embedded
// store confuses a gid with another that it is a prefix of. Blocks for warmup + measured, and until
// what is then under way is answered.
[[nodiscard]] absl::StatusOr<LoadReport> RunLoad(const LoadOptions& options);

// A gid nobody used before, of kGidLength letters.
inline constexpr size_t kGidLength = 25;
[[nodiscard]] std::string UniqueGid();
// The same, and next to each other in no index.
[[nodiscard]] std::string RandomGid();

[[nodiscard]] nlohmann::json ToJson(const LoadReport& report);
// A few lines for people.
[[nodiscard]] std::string ToText(const LoadReport& report);

}  // namespace saga::bench
