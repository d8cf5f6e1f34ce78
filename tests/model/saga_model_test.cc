// Goal: no order of events brings a saga to a wrong end or to no end. Method: every reachable
// state; see README.md.

#include "tests/model/expect.h"
#include "tests/model/saga_model.h"

namespace saga::model {
namespace {

void Holds(const SagaShape& shape) { ExpectHolds<ProcessState>(SagaModel(shape)); }

TEST(SagaModel, InSequence) { Holds({.steps = 2}); }
TEST(SagaModel, ThreeInSequence) { Holds({.steps = 3}); }
TEST(SagaModel, InSequenceWithoutDeadline) { Holds({.deadline = false}); }
TEST(SagaModel, InSequenceWithRetryLimit) { Holds({.deadline = false, .retry_limit = 2}); }
TEST(SagaModel, InParallel) { Holds({.concurrent = true}); }
TEST(SagaModel, AlongAnOrderGraph) { Holds({.concurrent = true, .predecessors = {{}, {0}}}); }
TEST(SagaModel, AlongAnOrderGraphBackwards) {
  Holds({.concurrent = true, .predecessors = {{1}, {}}});
}
TEST(SagaModel, AlongAFork) {
  Holds({.steps = 3, .concurrent = true, .predecessors = {{}, {0}, {0}}});
}

TEST(SagaModelBent, AMissingBarrierIsNoticed) {
  ExpectNoticed<ProcessState>(SagaModel({}, {.no_barrier = true}), "something took effect twice");
}

TEST(SagaModelBent, UndoingOnlyConfirmedActionsIsNoticed) {
  ExpectNoticed<ProcessState>(SagaModel({}, {.undo_only_confirmed = true}),
                              "failed, but an action that took effect still stands");
}

}  // namespace
}  // namespace saga::model
