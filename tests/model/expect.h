#pragma once

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/explorer.h"

namespace saga::model {

// More than any model here has: a rule that makes them grow beyond it should be noticed, not waited
// for.
inline constexpr uint64_t kMaxStates = 3'000'000;

template <typename State, typename Model>
void ExpectHolds(const Model& model) {
  const Exploration result = Explore<State>(model, kMaxStates);
  std::string told = result.finding + "\n";
  for (const std::string& line : result.trace) told += "  " + line + "\n";
  EXPECT_TRUE(result.Clean()) << told;
  // A model in which one of the two ends is never reached proves little about the other.
  EXPECT_GT(result.succeeded, 0u);
  EXPECT_GT(result.ends, result.succeeded);
  std::printf("             %llu states, %llu of them succeed, %llu failed\n",
              static_cast<unsigned long long>(result.states),
              static_cast<unsigned long long>(result.succeeded),
              static_cast<unsigned long long>(result.ends - result.succeeded));
}

template <typename State, typename Model>
void ExpectNoticed(const Model& model, const std::string& finding) {
  EXPECT_EQ((Explore<State>(model, kMaxStates).finding), finding);
}

}  // namespace saga::model
