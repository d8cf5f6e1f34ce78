#include "tests/simulation/orders.h"

#include <algorithm>

#include "tests/simulation/sim_directory.h"

namespace saga::simulation {

namespace {

std::string BranchId(size_t step) { return (step < 9 ? "0" : "") + std::to_string(step + 1); }

core::Branch Row(size_t step, core::Op op) {
  core::Branch row;
  row.branch_id = BranchId(step);
  row.op = op;
  // A few destinations, so that lanes are shared.
  row.target = BankDestination(static_cast<int>(step % kBanks)) + "/Bank/Move";
  return row;
}

BranchScript DrawScript(World& world, bool may_refuse) {
  BranchScript script;
  script.refuses = may_refuse && world.Chance(0.12);
  script.ongoing_first = world.Chance(0.1) ? static_cast<int>(world.Below(4)) : 0;
  script.errors_first = world.Chance(0.1) ? static_cast<int>(world.Below(4)) : 0;
  script.amount = static_cast<int64_t>(world.Below(1000)) + 1;
  return script;
}

core::GlobalTransaction DrawDraft(World& world, const std::string& gid, core::Mode mode) {
  core::GlobalTransaction draft;
  draft.gid = gid;
  draft.mode = mode;
  draft.protocol = core::Protocol::kGrpc;
  draft.options.retry_interval_s = world.Chance(0.5) ? 1 + static_cast<int64_t>(world.Below(5)) : 0;
  draft.wait_result = world.Chance(0.5);
  if (world.Chance(0.4)) draft.options.attempt_limit = 1 + static_cast<int64_t>(world.Below(4));
  return draft;
}

// Steps that are repeated in their own way, or that no participant understands as they are.
void DrawTroubles(World& world, core::GlobalTransaction& draft) {
  // Without a limit nobody would ever see that the payload is bad.
  const bool limited = draft.options.attempt_limit > 0 && draft.options.retry_limit == 0;
  for (core::Branch& row : draft.branches) {
    if (core::IsAskBack(row.op)) continue;
    row.payload = base::MakeBytes(limited && world.Chance(0.06) ? kBadPayload : kGoodPayload);
    if (!world.Chance(0.15)) continue;
    row.retry.interval = base::Millis(200 + static_cast<int64_t>(world.Below(2000)));
    row.retry.factor = 1.5;
    row.retry.cap = base::Seconds(20);
    row.retry.jitter = 0.3;
    row.retry.attempt_limit = static_cast<uint32_t>(world.Below(4));
  }
}

}  // namespace

Order DrawSaga(World& world, Bank& bank, const std::string& gid) {
  Order order{.gid = gid, .draft = DrawDraft(world, gid, core::Mode::kSaga)};
  const size_t steps = 1 + world.Below(5);
  order.draft.concurrent = world.Chance(0.5);
  if (order.draft.concurrent && world.Chance(0.5)) order.draft.predecessors.resize(steps);
  for (size_t step = 0; step < steps; ++step) {
    order.draft.branches.push_back(Row(step, core::Op::kCompensate));
    order.draft.branches.push_back(Row(step, core::Op::kAction));
    bank.Script(gid, BranchId(step), DrawScript(world, true));
    for (size_t before = 0; before < step && step < order.draft.predecessors.size(); ++before) {
      if (world.Chance(0.4))
        order.draft.predecessors[step].push_back(static_cast<uint32_t>(before));
    }
  }
  if (world.Chance(0.2))
    order.draft.options.timeout_to_fail_s = 1 + static_cast<int64_t>(world.Below(30));
  if (world.Chance(0.2)) order.draft.options.retry_limit = 1 + static_cast<int64_t>(world.Below(4));
  DrawTroubles(world, order.draft);
  return order;
}

namespace {

// TCC or XA: rows in pairs, `back` before `forward`.
Order DrawRegistering(World& world, Bank& bank, const std::string& gid, core::Mode mode,
                      core::Op back, core::Op forward) {
  Order order{.gid = gid, .draft = DrawDraft(world, gid, mode)};
  const size_t branches = 1 + world.Below(4);
  for (size_t branch = 0; branch < branches; ++branch) {
    order.draft.branches.push_back(Row(branch, back));
    order.draft.branches.push_back(Row(branch, forward));
    bank.Script(gid, BranchId(branch), DrawScript(world, true));
  }
  DrawTroubles(world, order.draft);
  order.goes_away = world.Chance(0.1);
  return order;
}

}  // namespace

Order DrawTcc(World& world, Bank& bank, const std::string& gid) {
  return DrawRegistering(world, bank, gid, core::Mode::kTcc, core::Op::kCancel, core::Op::kConfirm);
}

Order DrawXa(World& world, Bank& bank, const std::string& gid) {
  return DrawRegistering(world, bank, gid, core::Mode::kXa, core::Op::kRollback, core::Op::kCommit);
}

WorkflowOrder DrawWorkflow(World& world, Bank& bank, const std::string& gid) {
  WorkflowOrder order{.gid = gid, .draft = DrawDraft(world, gid, core::Mode::kWorkflow)};
  order.draft.workflow = "order";
  core::Branch callback = Row(world.Below(3), core::Op::kCallback);
  callback.branch_id = "00";
  order.draft.branches.push_back(callback);
  const size_t steps = 1 + world.Below(4);
  for (size_t step = 0; step < steps; ++step) {
    const BranchScript script = DrawScript(world, true);
    bank.Script(gid, BranchId(step), script);
    order.steps.push_back(BranchId(step));
    order.fails = order.fails || script.refuses;
  }
  return order;
}

Order DrawMessage(World& world, Bank& bank, const std::string& gid) {
  Order order{.gid = gid, .draft = DrawDraft(world, gid, core::Mode::kMessage)};
  const size_t branches = 1 + world.Below(4);
  order.draft.concurrent = world.Chance(0.5);
  for (size_t branch = 0; branch < branches; ++branch) {
    order.draft.branches.push_back(Row(branch, core::Op::kAction));
    bank.Script(gid, BranchId(branch), DrawScript(world, false));
  }
  DrawTroubles(world, order.draft);
  order.prepare_first = world.Chance(0.7);
  order.goes_away = order.prepare_first && world.Chance(0.3);
  if (order.prepare_first) {
    core::Branch query = Row(0, core::Op::kQuery);
    query.branch_id = "00";
    order.draft.branches.push_back(query);
  } else if (world.Chance(0.3)) {
    order.draft.delay_s = static_cast<int64_t>(world.Below(20));
  }
  return order;
}

}  // namespace saga::simulation
