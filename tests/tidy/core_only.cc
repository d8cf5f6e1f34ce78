// Goal: the rules stand on their own. This program is the core compiled again without exceptions
// and without run-time type information, linked with nothing of ours but base; it carries one saga
// through.

#include <cstdio>
#include <utility>

#include "orchestrator/core/step.h"

int main() {
  using namespace saga::core;
  GlobalTransaction draft{.gid = "g", .mode = Mode::kSaga};
  draft.branches = {{.branch_id = "01", .op = Op::kCompensate, .target = "p:1/P/Undo"},
                    {.branch_id = "01", .op = Op::kAction, .target = "p:1/P/Do"}};
  const Context context{.now = saga::base::Time{1}};
  GlobalTransaction transaction;
  if (!Create(Submitted{std::move(draft)}, context, &transaction).durable) return 1;
  for (const uint32_t row : Due(transaction, context.now)) {
    const uint32_t attempt = StartCall(transaction, row);
    if (!Step(transaction, BranchAnswered{row, attempt, Outcome::kSuccess, ""}, context).durable)
      return 1;
  }
  if (transaction.status != Status::kSucceed) return 1;
  std::puts("1 passed, 0 failed");
  return 0;
}
