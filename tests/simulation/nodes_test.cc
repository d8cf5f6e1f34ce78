// Goal: whatever happens to the nodes of one store, nothing is lost, nothing is half done, and
// whoever asks any of them is told the truth. Method: as simulation_test.cc.
//
//   SAGA_SIM_SEEDS=3000 build/release/tests/nodes_simulation_test
//   SAGA_SIM_SEED=42    build/release/tests/nodes_simulation_test

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/simulation/nodes_run.h"

namespace saga::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string Told(const NodesResult& result, uint64_t seed) {
  std::string text = "seed " + std::to_string(seed) +
                     "; to see it: SAGA_SIM_SEED=" + std::to_string(seed) +
                     " build/release/tests/nodes_simulation_test\n";
  for (const std::string& finding : result.findings) text += "  " + finding + "\n";
  return text;
}

TEST(NodesSimulation, NothingIsLostOrHalfDoneWhateverHappensToTheNodes) {
  const uint64_t only = FromEnvironment("SAGA_SIM_SEED", 0);
  const uint64_t seeds = only != 0 ? 1 : FromEnvironment("SAGA_SIM_SEEDS", 40);
  NodesResult sum;
  for (uint64_t i = 0; i < seeds; ++i) {
    NodesOptions options;
    options.seed = only != 0 ? only : i + 1;
    options.nodes = options.seed % 3 == 0 ? 2 : 3;
    options.print = only != 0;
    const NodesResult result = SimulateNodes(options);
    ASSERT_TRUE(result.findings.empty()) << Told(result, options.seed);
    sum.succeed += result.succeed;
    sum.failed += result.failed;
    sum.kills += result.kills;
    sum.freezes += result.freezes;
    sum.leaves += result.leaves;
    sum.joins += result.joins;
    sum.takeovers += result.takeovers;
    sum.fenced_writes += result.fenced_writes;
    sum.forwarded += result.forwarded;
    sum.not_mine += result.not_mine;
  }
  const auto number = [](uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf(
      "%llu worlds: %llu succeed, %llu failed; %llu kills, %llu freezes, %llu leaves, %llu "
      "joins; %llu takeovers, %llu fenced writes, %llu forwarded, %llu of them in vain\n",
      number(seeds), number(sum.succeed), number(sum.failed), number(sum.kills),
      number(sum.freezes), number(sum.leaves), number(sum.joins), number(sum.takeovers),
      number(sum.fenced_writes), number(sum.forwarded), number(sum.not_mine));
  if (only != 0) return;
  EXPECT_GE(sum.succeed, 5 * seeds);
  EXPECT_GE(sum.failed, seeds);
  EXPECT_GE(sum.kills, seeds);
  EXPECT_GE(sum.freezes, seeds);
  EXPECT_GE(sum.leaves, seeds);
  EXPECT_GE(sum.takeovers, 2 * seeds);
  EXPECT_GE(sum.fenced_writes, seeds / 2);
  EXPECT_GE(sum.forwarded, 10 * seeds);
  EXPECT_GE(sum.not_mine, seeds / 2);
}

TEST(NodesSimulation, ASeedRepeatsToTheLetter) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    NodesOptions options;
    options.seed = seed;
    EXPECT_EQ(SimulateNodes(options).fingerprint, SimulateNodes(options).fingerprint)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace saga::simulation
