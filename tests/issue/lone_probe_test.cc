// A purchase that was alone with an open breaker stayed undone although Kafka was there. Each of
// its attempts found the breaker ready for a probe, so each was called, failed, and waited for
// twice as long as the one before; the way round was only for calls that came while another one
// probed. A branch op whose calls were of no use twice takes its turn over Kafka, whatever the
// breaker would let through, and a call that reached nobody is followed by that turn without
// waiting.

#include <gtest/gtest.h>

#include "tests/unit/engine/lane_stage.h"

namespace saga::engine {
namespace {

TEST(LoneProbe, ABranchAloneWithAnOpenBreakerTakesTurns) {
  constexpr char kTarget[] = "participant://product/Deduct";
  LaneStage stage({.fallback_after_unknown = 2, .messages = true});
  stage.facts = {{.name = "product", .command_topic = "saga.cmd.product"}};
  stage.MakeOpen(kTarget);
  int by_kafka = 0;
  for (uint32_t streak = 2; streak < 10; ++streak) {
    stage.Run(core::kBreakerMaxOpenFor);
    if (stage.Offer("a", kTarget, streak).kind == Offered::Kind::kFallback) ++by_kafka;
    stage.AnswerAll(port::Reach::kUnreachable);
  }
  EXPECT_EQ(by_kafka, 4);
}

}  // namespace
}  // namespace saga::engine
