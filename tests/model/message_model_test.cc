// Goal: a message is delivered exactly when its local transaction is committed. Method: see
// README.md.

#include "tests/model/expect.h"
#include "tests/model/message_model.h"

namespace saga::model {
namespace {

TEST(MessageModel, InSequence) { ExpectHolds<MessageState>(MessageModel(2, false)); }
TEST(MessageModel, InParallel) { ExpectHolds<MessageState>(MessageModel(2, true)); }

TEST(MessageModelBent, AMissingBarrierIsNoticed) {
  ExpectNoticed<MessageState>(MessageModel(1, false, {.no_barrier = true}),
                              "a delivery took effect twice");
}

TEST(MessageModelBent, ACheckBackThatDoesNotBarTheLocalTransactionIsNoticed) {
  ExpectNoticed<MessageState>(MessageModel(1, false, {}, /*check_back_bars=*/false),
                              "failed, but the local transaction is committed");
}

}  // namespace
}  // namespace saga::model
