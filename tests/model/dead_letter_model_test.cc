// Goal: with commands whose replies come late, twice or never, and with dead letters that an
// operator decides about at any moment, a saga and a TCC still come to a right end. Method: see
// README.md.

#include "tests/model/expect.h"
#include "tests/model/saga_model.h"
#include "tests/model/tcc_model.h"

namespace saga::model {
namespace {

constexpr Ways kFallback = {.fallback = true};
constexpr Ways kDeadLetters = {.dead_letters = true};
constexpr Ways kBoth = {.fallback = true, .dead_letters = true};

void Holds(const SagaShape& shape) { ExpectHolds<ProcessState>(SagaModel(shape)); }

TEST(FallbackModel, Saga) { Holds({.steps = 2, .ways = kFallback}); }
TEST(FallbackModel, Tcc) { ExpectHolds<TccState>(TccModel(2, {}, kFallback)); }

TEST(DeadLetterModel, Saga) { Holds({.steps = 2, .ways = kDeadLetters}); }
TEST(DeadLetterModel, SagaInParallel) {
  Holds({.steps = 2, .concurrent = true, .deadline = false, .ways = kDeadLetters});
}
TEST(DeadLetterModel, SagaWithRetryLimit) {
  Holds({.steps = 1, .deadline = false, .retry_limit = 1, .ways = kDeadLetters});
}
TEST(DeadLetterModel, Tcc) { ExpectHolds<TccState>(TccModel(2, {}, kDeadLetters)); }

TEST(DeadLetterModel, SagaThatGoesRoundByCommands) { Holds({.steps = 2, .ways = kBoth}); }
TEST(DeadLetterModel, TccThatGoesRoundByCommands) { ExpectHolds<TccState>(TccModel(1, {}, kBoth)); }

TEST(FallbackModelBent, AReplyThatIsAwaitedForEverIsNoticed) {
  ExpectNoticed<ProcessState>(
      SagaModel({.steps = 1, .deadline = false, .ways = kFallback}, {.no_reply_deadline = true}),
      "open, nothing is out and nothing is planned");
}
TEST(FallbackModelBent, AMissingBarrierIsNoticed) {
  ExpectNoticed<ProcessState>(SagaModel({.steps = 1, .ways = kFallback}, {.no_barrier = true}),
                              "something took effect twice");
}
TEST(FallbackModelBent, ACommandThatIsNotMarkedAsCalledIsNoticed) {
  ExpectNoticed<ProcessState>(
      SagaModel({.steps = 1, .ways = kFallback}, {.undo_only_confirmed = true}),
      "failed, but an action that took effect still stands");
}

// Undone by hand while sagad may still learn that it was done: the order that the operator has to
// keep is to tell sagad first.
TEST(DeadLetterModelBent, UndoingByHandBeforeSagadKnowsIsNoticed) {
  ExpectNoticed<ProcessState>(
      SagaModel({.steps = 1, .ways = kDeadLetters}, {.undo_by_hand_first = true}),
      "succeed, but something was undone");
}
TEST(DeadLetterModelBent, CallingItDoneUnseenIsNoticed) {
  ExpectNoticed<ProcessState>(
      SagaModel({.steps = 1, .ways = kDeadLetters}, {.resolve_unseen = true}),
      "succeed, but an action did not take effect");
}

}  // namespace
}  // namespace saga::model
