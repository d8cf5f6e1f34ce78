// Goal: whatever the network, the disk and the process do to it, sagad loses no transaction and
// leaves none half done. Method: the production engine under one simulated clock, seed by seed,
// audited by somebody who knows the money.
//
//   SAGA_SIM_SEEDS=5000 build/release/tests/simulation_test      more worlds
//   SAGA_SIM_SEED=42    build/release/tests/simulation_test      one world again, with everything
//   that happened in it

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/simulation/simulation.h"

namespace saga::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string Told(const SimulationResult& result, uint64_t seed) {
  std::string text = "seed " + std::to_string(seed) +
                     "; to see it: SAGA_SIM_SEED=" + std::to_string(seed) +
                     " build/release/tests/simulation_test\n";
  for (const std::string& finding : result.findings) text += "  " + finding + "\n";
  return text;
}

TEST(Simulation, NothingIsLostOrHalfDoneInAnyWorld) {
  const uint64_t only = FromEnvironment("SAGA_SIM_SEED", 0);
  const uint64_t seeds = only != 0 ? 1 : FromEnvironment("SAGA_SIM_SEEDS", 200);
  SimulationResult sum;
  for (uint64_t i = 0; i < seeds; ++i) {
    SimulationOptions options;
    options.seed = only != 0 ? only : i + 1;
    options.print = only != 0;
    const SimulationResult result = Simulate(options);
    ASSERT_TRUE(result.findings.empty()) << Told(result, options.seed);
    sum.crashes += result.crashes;
    sum.calls += result.calls;
    sum.succeed += result.succeed;
    sum.failed += result.failed;
    sum.commands += result.commands;
    sum.broker_crashes += result.broker_crashes;
    sum.breaker_openings += result.breaker_openings;
    sum.deaths += result.deaths;
    sum.parked += result.parked;
    sum.replays += result.replays;
    sum.edits += result.edits;
    sum.by_hand += result.by_hand;
    sum.given_up += result.given_up;
  }
  std::printf("%llu worlds: %llu succeed, %llu failed, %llu calls, %llu crashes\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(sum.succeed),
              static_cast<unsigned long long>(sum.failed),
              static_cast<unsigned long long>(sum.calls),
              static_cast<unsigned long long>(sum.crashes));
  std::printf(
      "%llu commands, %llu breaker openings, %llu broker crashes; %llu deaths, %llu parked; "
      "%llu replays, %llu edits, %llu by hand, %llu given up\n",
      static_cast<unsigned long long>(sum.commands),
      static_cast<unsigned long long>(sum.breaker_openings),
      static_cast<unsigned long long>(sum.broker_crashes),
      static_cast<unsigned long long>(sum.deaths), static_cast<unsigned long long>(sum.parked),
      static_cast<unsigned long long>(sum.replays), static_cast<unsigned long long>(sum.edits),
      static_cast<unsigned long long>(sum.by_hand), static_cast<unsigned long long>(sum.given_up));
  if (only != 0) return;
  // A simulator in which nothing goes wrong, or nothing goes right, proves nothing.
  EXPECT_GE(sum.succeed + sum.failed, 10 * seeds);
  EXPECT_GE(sum.succeed, 5 * seeds);
  EXPECT_GE(sum.failed, seeds);
  EXPECT_GE(sum.crashes, seeds);
  EXPECT_GE(sum.commands, 5 * seeds);
  EXPECT_GE(sum.breaker_openings, 2 * seeds);
  EXPECT_GE(sum.deaths, 2 * seeds);
  EXPECT_GE(sum.replays, seeds);
  EXPECT_GE(sum.by_hand, seeds / 2);
  EXPECT_GE(sum.edits, seeds / 8);
  EXPECT_GE(sum.given_up, seeds / 8);
  EXPECT_GE(sum.parked, seeds / 8);
  EXPECT_GE(sum.broker_crashes, seeds / 8);
}

TEST(Simulation, ASeedRepeatsToTheLetter) {
  // Many, because what does not repeat shows in few: in how a hash table happens to lie in memory.
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    const SimulationResult first = Simulate(options);
    const SimulationResult second = Simulate(options);
    EXPECT_EQ(first.fingerprint, second.fingerprint) << "seed " << seed;
    EXPECT_GT(first.calls, 0u);
  }
}

TEST(Simulation, AKindWorldIsQuickAndRight) {
  SimulationOptions options;
  options.seed = 3;
  options.faults = false;
  const SimulationResult result = Simulate(options);
  EXPECT_TRUE(result.findings.empty()) << Told(result, options.seed);
  EXPECT_EQ(result.crashes, 0u);
}

// The test of the test.
TEST(Simulation, TheAuditorNoticesParticipantsWithoutABarrier) {
  bool noticed = false;
  for (uint64_t seed = 1; seed <= 20 && !noticed; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    options.barrier = false;
    noticed = !Simulate(options).findings.empty();
  }
  EXPECT_TRUE(noticed);
}

}  // namespace
}  // namespace saga::simulation
