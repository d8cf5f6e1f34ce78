#pragma once

// What a database holds, told before anything is written to it: for `sagad doctor`.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/mysql/schema.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

struct Survey {
  bool dtm_tables = false;
  int schema_version = 0;  // of ours; 0: none yet
  ServerFacts server;
  // "saga submitted" -> how many.
  std::map<std::string, uint64_t> counts;
  uint64_t open = 0;
  uint64_t topics = 0;
  // Open transactions that no server could go on with, with the reason; some of them.
  std::vector<std::string> unreadable;
  uint64_t unreadable_count = 0;
  // When DTM last wrote to an open transaction, by the clock and zone of this machine.
  base::Time last_dtm_write;
  std::vector<std::string> live_nodes;  // names of sagad nodes whose lease runs
};

// Reads only. `each` sees every open transaction.
absl::StatusOr<Survey> TakeSurvey(saga::mysql::Connection& session, const absl::TimeZone& zone,
                                  const std::function<void(const core::GlobalTransaction&)>& each);

}  // namespace saga::adapter::mysql
