// Goal: no order of events commits one branch of an XA and not the other, or leaves one prepared.
// Method: see README.md.

#include "tests/model/expect.h"
#include "tests/model/xa_model.h"

namespace saga::model {
namespace {

TEST(XaModel, OneBranch) { ExpectHolds<XaState>(XaModel(1)); }
TEST(XaModel, TwoBranches) { ExpectHolds<XaState>(XaModel(2)); }
TEST(XaModel, ThreeBranches) { ExpectHolds<XaState>(XaModel(3)); }

TEST(XaModelBent, ARollbackThatDoesNotWaitForTheLocalPartIsNoticed) {
  ExpectNoticed<XaState>(XaModel(1, {.no_barrier = true}), "failed, but a branch stays prepared");
}

}  // namespace
}  // namespace saga::model
