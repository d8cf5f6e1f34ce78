// Goal: no order of events confirms and cancels the same TCC, or leaves a freeze behind. Method:
// see README.md.

#include "tests/model/expect.h"
#include "tests/model/tcc_model.h"

namespace saga::model {
namespace {

TEST(TccModel, OneBranch) { ExpectHolds<TccState>(TccModel(1)); }
TEST(TccModel, TwoBranches) { ExpectHolds<TccState>(TccModel(2)); }
TEST(TccModel, ThreeBranches) { ExpectHolds<TccState>(TccModel(3)); }

TEST(TccModelBent, AMissingBarrierIsNoticed) {
  ExpectNoticed<TccState>(TccModel(1, {.no_barrier = true}), "something took effect twice");
}

}  // namespace
}  // namespace saga::model
