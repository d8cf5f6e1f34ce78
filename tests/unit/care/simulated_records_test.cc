// Whatever the engine stored, in whatever world and at whatever crash, breaks no rule: a finding in
// a user's store is never the engine's way of doing things.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "orchestrator/care/record_check.h"
#include "tests/simulation/simulation.h"

namespace saga::care {
namespace {

constexpr uint64_t kWorlds = 200;

TEST(SimulatedRecords, BreakNoRule) {
  std::set<std::pair<core::Mode, core::Status>> seen;
  size_t records = 0;
  size_t dead = 0;
  for (uint64_t seed = 1; seed <= kWorlds; ++seed) {
    simulation::SimulationOptions options{.seed = seed};
    options.on_disk = [&](const adapter::MemoryStore::State& disk) {
      for (const auto& [gid, row] : disk.rows) {
        ++records;
        seen.insert({row->transaction.mode, row->transaction.status});
        for (const core::Branch& branch : row->transaction.branches)
          dead += branch.dead == core::DeadReason::kNone ? 0 : 1;
        const port::AuditedTransaction audited{.id = row->id,
                                               .transaction = row->transaction,
                                               .next_wake = row->next_wake,
                                               .history = row->history};
        for (const port::Finding& finding : CheckRecord(audited)) {
          ADD_FAILURE() << "seed " << seed << ": " << finding.name << " of " << finding.subject
                        << ": " << finding.text;
        }
      }
    };
    simulation::Simulate(options);
    if (HasFailure()) return;
  }
  EXPECT_GT(records, 1000u);
  EXPECT_GT(dead, 20u);
  // All there are: a message is never aborting, a workflow neither that nor submitted.
  EXPECT_GE(seen.size(), 20u);
}

}  // namespace
}  // namespace saga::care
