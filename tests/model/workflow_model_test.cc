// Goal: whatever its runs do, a workflow has one end, loses no step and is called back until it has
// ended. Method: see README.md.

#include "tests/model/expect.h"
#include "tests/model/workflow_model.h"

namespace saga::model {
namespace {

TEST(WorkflowModel, OneStep) { ExpectHolds<WorkflowState>(WorkflowModel(1)); }
TEST(WorkflowModel, TwoSteps) { ExpectHolds<WorkflowState>(WorkflowModel(2)); }

TEST(WorkflowModelBent, AMissingCallbackIsNoticed) {
  ExpectNoticed<WorkflowState>(WorkflowModel(1, /*called_back=*/false),
                               "open, nothing is out and nothing is planned");
}

}  // namespace
}  // namespace saga::model
