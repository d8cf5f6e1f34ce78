#include "tests/model/saga_model.h"

namespace saga::model {

namespace {

core::GlobalTransaction MakeShape(const SagaShape& shape) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = core::Mode::kSaga;
  transaction.concurrent = shape.concurrent;
  transaction.predecessors = shape.predecessors;
  if (shape.deadline) transaction.options.timeout_to_fail_s = 1000;
  transaction.options.retry_limit = shape.retry_limit;
  for (size_t step = 0; step < shape.steps; ++step) {
    core::Branch branch{.branch_id = std::to_string(step + 1), .target = "p:1/P/M"};
    branch.op = core::Op::kCompensate;
    transaction.branches.push_back(branch);
    branch.op = core::Op::kAction;
    transaction.branches.push_back(branch);
  }
  return transaction;
}

}  // namespace

SagaModel::SagaModel(const SagaShape& shape, Bend bend)
    : process_(MakeShape(shape), bend, shape.ways) {}

ProcessState SagaModel::Start() const { return process_.Born(core::Submitted{process_.Shape()}); }

ProcessSuccessors SagaModel::Next(const ProcessState& state) const {
  ProcessSuccessors next = process_.Next(state);
  for (size_t row = 0; row < state.stored.row_count; ++row) {
    process_.Arrive(state, row, row / 2, next);
    process_.Operate(state, row, row / 2, next);
  }
  return next;
}

std::string SagaModel::Check(const ProcessState& state) const {
  const core::Status stored = state.Stored();
  const bool turned = stored == core::Status::kAborting || stored == core::Status::kFailed;
  for (size_t row = 0; row < state.stored.row_count; row += 2) {
    if (state.Sent(row) && !turned)
      return "a compensation was sent before the decision to abort was stored";
    const Effects& effects = state.effects[row / 2];
    if (effects.first > 1 || effects.undone > 1) return "something took effect twice";
    if (stored == core::Status::kSucceed && effects.undone != 0)
      return "succeed, but something was undone";
    if (stored == core::Status::kSucceed && effects.first != 1)
      return "succeed, but an action did not take effect";
    if (state.ToUndo(row / 2)) continue;  // and then everything has to be as if it had been
    if (stored == core::Status::kFailed && effects.first != effects.undone) {
      return "failed, but an action that took effect still stands";
    }
  }
  if (std::string finding = process_.CheckMarks(state); !finding.empty()) return finding;
  return process_.Forgotten(state) ? "open, nothing is out and nothing is planned" : "";
}

}  // namespace saga::model
