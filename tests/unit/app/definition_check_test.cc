#include "orchestrator/app/definition_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saga::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

port::LoadedDefinition Definition(core::Mode mode, const core::Options& options) {
  port::LoadedDefinition loaded;
  loaded.source = "pay.saga.yaml";
  loaded.definition.mode = mode;
  loaded.definition.options = options;
  loaded.definition.steps.push_back({.name = "one"});
  return loaded;
}

std::vector<std::string> Check(const port::LoadedDefinition& loaded) {
  return CheckDefinitionTimes({loaded}, core::Settings());
}

TEST(DefinitionTimes, WhatSaysNothingFits) {
  EXPECT_THAT(Check(Definition(core::Mode::kSaga, {})), IsEmpty());
  EXPECT_THAT(Check(Definition(core::Mode::kTcc, {})), IsEmpty());
}

TEST(DefinitionTimes, ACallIsShorterThanThePauseBehindIt) {
  EXPECT_THAT(
      Check(Definition(core::Mode::kSaga, {.request_timeout_s = 10})),
      ElementsAre("pay.saga.yaml: options.request_timeout_s (10s) must be shorter than "
                  "engine.retry_interval (10s): a call is repeated only after the call before has "
                  "ended"));
  EXPECT_THAT(
      Check(Definition(core::Mode::kSaga, {.retry_interval_s = 3})),
      ElementsAre(
          "pay.saga.yaml: engine.request_timeout (3s) must be shorter than "
          "options.retry_interval_s (3s): a call is repeated only after the call before has "
          "ended"));
  port::LoadedDefinition step = Definition(core::Mode::kSaga, {});
  step.definition.steps[0].retry.interval = base::Seconds(2);
  EXPECT_THAT(
      Check(step),
      ElementsAre("pay.saga.yaml: engine.request_timeout (3s) must be shorter than retry.interval "
                  "of step 'one' (2s): a call is repeated only after the call before has ended"));
  step.definition.options.request_timeout_s = 1;
  EXPECT_THAT(Check(step), IsEmpty());
}

TEST(DefinitionTimes, ThePauseIsShorterThanTheWhole) {
  EXPECT_THAT(Check(Definition(core::Mode::kSaga, {.timeout_to_fail_s = 9})),
              ElementsAre("pay.saga.yaml: engine.retry_interval (10s) must be shorter than "
                          "options.timeout_to_fail_s (9s): it would be given up before its first "
                          "retry"));
  EXPECT_THAT(Check(Definition(core::Mode::kTcc, {.retry_interval_s = 40})),
              ElementsAre("pay.saga.yaml: options.retry_interval_s (40s) must be shorter than "
                          "engine.timeout_to_fail (35s): it would be given up before its first "
                          "retry"));
  EXPECT_THAT(Check(Definition(core::Mode::kSaga, {.retry_interval_s = 40})), IsEmpty())
      << "a saga without a timeout goes on for ever";
}

}  // namespace
}  // namespace saga::app
