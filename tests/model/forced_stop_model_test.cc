// Goal: a forced stop is possible at any moment, and nothing is called and nothing changes after
// it. Method: see README.md.

#include "tests/model/expect.h"
#include "tests/model/forced_stop_model.h"
#include "tests/model/message_model.h"
#include "tests/model/saga_model.h"
#include "tests/model/tcc_model.h"
#include "tests/model/workflow_model.h"
#include "tests/model/xa_model.h"

namespace saga::model {
namespace {

template <typename State, typename Model>
void Holds(Model model) {
  ExpectHolds<StoppableState<State>>(ForcedStopModel<State, Model>(std::move(model)));
}

TEST(ForcedStopModel, SagaInSequence) { Holds<ProcessState>(SagaModel({})); }
TEST(ForcedStopModel, Tcc) { Holds<TccState>(TccModel(2)); }
TEST(ForcedStopModel, Xa) { Holds<XaState>(XaModel(1)); }
TEST(ForcedStopModel, Message) { Holds<MessageState>(MessageModel(1, false)); }
TEST(ForcedStopModel, Workflow) { Holds<WorkflowState>(WorkflowModel(1)); }

// The same, with a stop that is forgotten: what a core that lets go of failed would look like.
class Resurrecting : public TccModel {
 public:
  using TccModel::TccModel;
  std::vector<Successor<TccState>> Next(const TccState& state) const {
    std::vector<Successor<TccState>> next = TccModel::Next(state);
    if (state.process.Stored() == core::Status::kFailed) next.push_back({"again", Start()});
    return next;
  }
};

TEST(ForcedStopModelBent, AStatusThatLeavesFailedIsNoticed) {
  ExpectNoticed<StoppableState<TccState>>(ForcedStopModel<TccState, Resurrecting>(Resurrecting(1)),
                                          "stopped, but not failed any more");
}

}  // namespace
}  // namespace saga::model
