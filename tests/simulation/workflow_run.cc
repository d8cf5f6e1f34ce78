#include "tests/simulation/workflow_run.h"

#include <utility>

namespace saga::simulation {

namespace {

constexpr base::Duration kPatience = base::Seconds(20);

bool Yes(const engine::Answer& answer) {
  return answer.verdict == core::Verdict::kAccepted || answer.verdict == core::Verdict::kAlready;
}

}  // namespace

void WorkflowRun::Stop(const std::string& why) {
  alive_ = false;
  parts_.world->Log(parts_.order->gid + " run " + std::to_string(number_) + " stops: " + why);
}

void WorkflowRun::Later(std::function<void()> what) {
  // Steps take their time, so that runs overlap.
  parts_.world->After(parts_.world->Between(base::Millis(1), base::Seconds(3)),
                      [self = shared_from_this(), what = std::move(what)] {
                        if (self->alive_) what();
                      });
}

void WorkflowRun::Ask(Request request, Heard heard) {
  const uint64_t asked = ++asked_;
  const auto self = shared_from_this();
  const auto again = [self, asked, request, heard] {
    if (self->alive_ && self->asked_ == asked) self->Ask(request, heard);
  };
  parts_.world->After(kPatience, again);
  engine::Engine* const engine = parts_.engine();
  if (engine == nullptr) return;
  request(*engine, [self, asked, again, heard](engine::Answer answer) {
    if (!self->alive_ || self->asked_ != asked) return;
    if (answer.kind != engine::Answer::Kind::kVerdict) {
      self->parts_.world->After(base::Millis(300), again);
      return;
    }
    ++self->asked_;
    heard(answer);
  });
}

void WorkflowRun::Begin() {
  Ask([this](engine::Engine& engine,
             engine::Reply reply) { engine.Prepare(parts_.order->draft, std::move(reply)); },
      [this, before = parts_.notes->accepted](const engine::Answer& answer) {
        OnPrepared(answer, before);
      });
}

void WorkflowRun::OnPrepared(const engine::Answer& answer,
                             const std::map<StepKey, Noted>& noted_before) {
  WorkflowNotes& notes = *parts_.notes;
  if (!Yes(answer)) {
    notes.findings.push_back("its prepare was refused");
    return Stop("refused");
  }
  notes.prepared = true;
  const core::GlobalTransaction& there = answer.transaction;
  if (core::IsFinal(there.status)) {
    notes.end = core::WorkflowEnded{there.status, there.rollback_reason, there.result};
    return Stop("it had ended");
  }
  for (const core::Branch& row : there.branches) {
    if (core::IsAskBack(row.op)) continue;
    knows_[{row.branch_id, row.op}] = {row.status, base::Value(row.payload)};
  }
  for (const auto& [key, noted] : noted_before) {
    if (knows_.count(key) == 0 || !(knows_[key] == noted))
      notes.findings.push_back("step " + key.first + " was noted, but a later run was not told");
  }
  Later([this] { Next(); });
}

void WorkflowRun::Next() {
  if (parts_.world->Chance(parts_.faults->run_dies)) return Stop("it died");
  const std::vector<std::string>& steps = parts_.order->steps;
  for (size_t step = 0; step < steps.size(); ++step) {
    const auto known = knows_.find({steps[step], core::Op::kAction});
    if (known == knows_.end()) return DoStep(steps[step], core::Op::kAction);
    if (known->second.status == core::BranchStatus::kFailed) return Undo(step);
  }
  End(core::Status::kSucceed, "");
}

void WorkflowRun::Undo(size_t failed_step) {
  const std::vector<std::string>& steps = parts_.order->steps;
  for (size_t step = failed_step; step-- > 0;) {
    if (knows_.count({steps[step], core::Op::kRollback}) == 0)
      return DoStep(steps[step], core::Op::kRollback);
  }
  End(core::Status::kFailed, "step " + steps[failed_step] + " refused");
}

void WorkflowRun::DoStep(const std::string& branch_id, core::Op op) {
  const core::Op asked = op == core::Op::kRollback ? core::Op::kCompensate : op;
  core::Outcome outcome = parts_.bank->Do(parts_.order->gid, branch_id, asked);
  if (parts_.world->Chance(parts_.faults->reply_lost)) outcome = core::Outcome::kUnknown;
  switch (outcome) {
    case core::Outcome::kSuccess:
    case core::Outcome::kFailure:
      break;
    case core::Outcome::kOngoing:
    case core::Outcome::kUnknown:
      // Not noted (protocol 5.7): the next callback tries again.
      return Stop("a step gave no answer");
  }
  const bool done = outcome == core::Outcome::kSuccess;
  // Two runs never say the same, so that the auditor can tell whose word was kept.
  const Noted noted{done ? core::BranchStatus::kSucceed : core::BranchStatus::kFailed,
                    "said run " + std::to_string(number_)};
  Later([this, branch_id, op, noted] { Note(branch_id, op, noted); });
}

void WorkflowRun::Note(const std::string& branch_id, core::Op op, const Noted& noted) {
  core::Branch row{.branch_id = branch_id, .op = op, .status = noted.status};
  row.payload = base::MakeBytes(noted.reply);
  Ask(
      [this, row](engine::Engine& engine, engine::Reply reply) {
        engine.RegisterBranch(parts_.order->gid, {core::Mode::kWorkflow, {row}}, std::move(reply));
      },
      [this, key = StepKey(branch_id, op), noted](const engine::Answer& answer) {
        // kAlready: its own word, which another node took and could not say so.
        if (answer.verdict == core::Verdict::kAccepted ||
            answer.verdict == core::Verdict::kAlready) {
          knows_[key] = noted;
          parts_.notes->accepted[key] = noted;
          Later([this] { Next(); });
          return;
        }
        if (answer.verdict != core::Verdict::kBranchConflict &&
            answer.verdict != core::Verdict::kCannotRegister)
          parts_.notes->findings.push_back("an answer that no registration should get");
        Stop("another run is at work, or its own word came through unheard");
      });
}

void WorkflowRun::End(core::Status status, const std::string& reason) {
  const core::WorkflowEnded end{
      status, reason, status == core::Status::kSucceed ? "result of " + parts_.order->gid : ""};
  Ask(
      [this, end](engine::Engine& engine, engine::Reply reply) {
        engine.EndWorkflow(parts_.order->gid, end, std::move(reply));
      },
      [this, end](const engine::Answer& answer) {
        if (Yes(answer)) {
          parts_.notes->end = end;
        } else {
          parts_.notes->findings.push_back("its end was refused");
        }
        Stop("it ended");
      });
}

}  // namespace saga::simulation
