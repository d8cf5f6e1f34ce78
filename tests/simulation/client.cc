#include "tests/simulation/client.h"

#include <utility>

#include "tests/simulation/auditor.h"

namespace saga::simulation {

namespace {

constexpr base::Duration kPatience = base::Seconds(20);

}  // namespace

Client::Client(World* world, Bank* bank, EngineNow engine, Order order)
    : world_(world),
      bank_(bank),
      engine_(std::move(engine)),
      order_(std::move(order)),
      stage_(order_.draft.mode == core::Mode::kSaga ||
                     (order_.draft.mode == core::Mode::kMessage && !order_.prepare_first)
                 ? Stage::kSubmit
                 : Stage::kPrepare) {}

std::vector<std::string> Client::Judge(const absl::StatusOr<core::GlobalTransaction>& record,
                                       const Bank& bank) const {
  return Audit(*this, record, bank);
}

bool Client::Registers() const {
  return order_.draft.mode == core::Mode::kTcc || order_.draft.mode == core::Mode::kXa;
}

void Client::Start(base::Duration delay) { Again(delay); }

void Client::Again(base::Duration delay) {
  world_->After(delay, [this] {
    if (!done_) Ask();
  });
}

void Client::Ask() {
  engine::Engine* const engine = engine_();
  const uint64_t asked = ++asked_;
  // No answer after a while counts as lost.
  world_->After(kPatience, [this, asked] {
    if (asked == asked_ && !done_) Ask();
  });
  if (engine == nullptr) return;
  const auto reply = [this, asked](engine::Answer answer) { OnAnswer(asked, std::move(answer)); };
  core::GlobalTransaction draft = order_.draft;
  if (Registers()) draft.branches.clear();
  switch (stage_) {
    case Stage::kPrepare:
      engine->Prepare(std::move(draft), reply);
      break;
    case Stage::kRegister:
      RegisterNext();
      break;
    case Stage::kTry:
      TryNext();
      break;
    case Stage::kLocal:
      told_.prepared = true;
      stage_ = bank_->CommitLocal(order_.gid) ? Stage::kSubmit : Stage::kAbort;
      Again(base::Millis(1));
      break;
    case Stage::kSubmit:
      engine->Submit({std::move(draft)},
                     draft.wait_result ? engine::WaitFor::kEnd : engine::WaitFor::kStored, reply);
      break;
    case Stage::kAbort:
      engine->Abort(order_.gid, {.reason = "the client gave up"}, engine::WaitFor::kStored, reply);
      break;
  }
}

void Client::RegisterNext() {
  core::BranchRegistered branch;
  branch.mode = order_.draft.mode;
  branch.rows = {order_.draft.branches[2 * branch_], order_.draft.branches[2 * branch_ + 1]};
  const uint64_t asked = asked_;
  engine_()->RegisterBranch(order_.gid, std::move(branch), [this, asked](engine::Answer answer) {
    OnAnswer(asked, std::move(answer));
  });
}

void Client::TryNext() {
  const std::string& branch_id = order_.draft.branches[2 * branch_].branch_id;
  const core::Outcome outcome = order_.draft.mode == core::Mode::kXa
                                    ? bank_->LocalPart(order_.gid, branch_id)
                                    : bank_->Try(order_.gid, branch_id);
  if (outcome != core::Outcome::kSuccess) {
    stage_ = Stage::kAbort;
  } else if (2 * ++branch_ < order_.draft.branches.size()) {
    stage_ = Stage::kRegister;
  } else {
    stage_ = Stage::kSubmit;
  }
  Again(base::Millis(1));
}

void Client::OnAnswer(uint64_t asked, engine::Answer answer) {
  if (asked != asked_ || done_) return;
  if (answer.kind != engine::Answer::Kind::kVerdict) {
    Again(base::Millis(300));
    return;
  }
  world_->Log(order_.gid + " told " + std::to_string(static_cast<int>(answer.verdict)) +
              " at stage " + std::to_string(static_cast<int>(stage_)));
  Advance(answer);
}

void Client::Advance(const engine::Answer& answer) {
  const bool yes =
      answer.verdict == core::Verdict::kAccepted || answer.verdict == core::Verdict::kAlready;
  switch (stage_) {
    case Stage::kPrepare:
      if (order_.goes_away || !yes) {
        told_.prepared = yes;
        told_.given_up = true;
        done_ = true;
        return;
      }
      told_.prepared = true;
      stage_ = Registers() ? Stage::kRegister : Stage::kLocal;
      break;
    case Stage::kRegister:
      stage_ = yes ? Stage::kTry : Stage::kAbort;
      break;
    case Stage::kTry:
    case Stage::kLocal:
      break;
    case Stage::kSubmit:
      told_.accepted = told_.accepted || yes;
      told_.disowned = answer.verdict == core::Verdict::kOtherContent;
      if (core::IsFinal(answer.transaction.status)) told_.final_status = answer.transaction.status;
      done_ = true;
      return;
    case Stage::kAbort:
      told_.aborted = yes;
      done_ = true;
      return;
  }
  Again(base::Millis(1));
}

}  // namespace saga::simulation
