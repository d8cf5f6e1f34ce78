// Whatever the engine stored, in whatever world and at whatever crash, breaks no rule: a finding in
// a user's store is never the engine's way of doing things.
//
//   SAGA_SIM_SEEDS=5000 build/release/tests/care_simulated_test      more worlds

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "orchestrator/adapter/sqlite/sqlite_audit.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/care/record_check.h"
#include "orchestrator/care/verify.h"
#include "tests/fixture/temp_dir.h"
#include "tests/simulation/simulation.h"

namespace saga::care {
namespace {

uint64_t Worlds() {
  const char* const text = std::getenv("SAGA_SIM_SEEDS");
  return text == nullptr ? 200 : std::strtoull(text, nullptr, 10);
}

TEST(SimulatedRecords, BreakNoRule) {
  std::set<std::pair<core::Mode, core::Status>> seen;
  size_t records = 0;
  size_t dead = 0;
  for (uint64_t seed = 1; seed <= Worlds(); ++seed) {
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

// The same in a file, rows and all.
TEST(SimulatedRecords, MakeAFileWithoutFindings) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    adapter::MemoryStore::State last;
    simulation::SimulationOptions options{.seed = seed};
    options.on_disk = [&](const adapter::MemoryStore::State& disk) {
      // The last but one: what the operator has not ended is open.
      const bool open = std::any_of(disk.rows.begin(), disk.rows.end(), [](const auto& row) {
        return !core::IsFinal(row.second->transaction.status);
      });
      if (open || last.rows.empty()) last = disk;
    };
    simulation::Simulate(options);
    ASSERT_GT(last.rows.size(), 5u);
    fixture::TempDir dir;
    {
      auto opened = adapter::OpenSqliteStore(dir.File("sagad.db"));
      ASSERT_TRUE(opened.ok()) << opened.status();
      for (const auto& [gid, row] : last.rows) {
        const port::Write write{.kind = port::Write::Kind::kInsert,
                                .transaction = &row->transaction,
                                .history = &row->history,
                                .next_wake = row->next_wake};
        ASSERT_EQ(opened->store->Commit({write})[0].kind, port::WriteResult::Kind::kDone);
      }
    }
    auto audit = adapter::OpenSqliteAudit(dir.File("sagad.db"));
    ASSERT_TRUE(audit.ok()) << audit.status();
    Verified verified;
    const absl::Status walked = Verify(
        **audit,
        [&](const port::Finding& finding) {
          ADD_FAILURE() << "seed " << seed << ": " << finding.name << " of " << finding.subject
                        << ": " << finding.text;
        },
        [](uint64_t, uint64_t) {}, &verified);
    EXPECT_TRUE(walked.ok()) << walked;
    EXPECT_EQ(verified.transactions, last.rows.size());
  }
}

}  // namespace
}  // namespace saga::care
