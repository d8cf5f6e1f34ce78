#include "tests/simulation/operator.h"

#include <utility>

#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"

namespace saga::simulation {

namespace {

using Kind = core::DeadLetterAct::Kind;

constexpr size_t kMostLetters = 100;  // seen at a time

std::string NameOf(const port::DeadLetter& letter) {
  return letter.transaction.gid + "/" + letter.branch.branch_id + "/" +
         std::string(core::WordOf(letter.branch.op)) + "/" + std::to_string(letter.branch.deaths);
}

}  // namespace

Operator::Operator(World* world, Bank* bank, EngineNow engine, DiskNow disk)
    : world_(world), bank_(bank), engine_(std::move(engine)), disk_(std::move(disk)) {}

void Operator::Start() {
  world_->After(world_->Between(base::Seconds(2), base::Seconds(8)), [this] {
    Look();
    Start();
  });
}

void Operator::Look() {
  if (engine_() == nullptr || disk_() == nullptr) return;
  UndoByHand();
  if (mood_ == Mood::kAway) return;
  const auto letters = disk_()->ListDead({}, world_->Now(), 0, kMostLetters);
  for (const port::DeadLetter& letter : *letters) {
    if (mood_ == Mood::kTidying) {
      Mend(letter);
      Act(letter, Kind::kReplay);
    } else if (world_->Chance(0.3)) {
      DecideAbout(letter);
    }
  }
}

void Operator::DecideAbout(const port::DeadLetter& letter) {
  const bool action =
      letter.transaction.mode == core::Mode::kSaga && letter.branch.op == core::Op::kAction;
  switch (world_->Below(action ? 6 : 3)) {
    case 0:
      Act(letter, Kind::kReplay);
      break;
    case 1:
      Mend(letter);
      Act(letter, Kind::kReplay);
      break;
    case 2:
      DoByHand(letter);
      break;
    case 3:
      Act(letter, Kind::kResolveFailed);
      break;
    case 4:
      to_undo_.insert({letter.transaction.gid, letter.branch.branch_id, letter.branch.deaths});
      Act(letter, Kind::kResolveCompensated);
      break;
    case 5:
      CallOff(letter.transaction.gid);
      break;
  }
}

void Operator::Mend(const port::DeadLetter& letter) {
  if (base::Value(letter.branch.payload) == kBadPayload) Act(letter, Kind::kEdit);
}

void Operator::DoByHand(const port::DeadLetter& letter) {
  bank_->DoByHand(letter.transaction.gid, letter.branch.branch_id, letter.branch.op);
  world_->Log(NameOf(letter) + " done by hand");
  const bool undo = letter.branch.op == core::Op::kCompensate && world_->Chance(0.5);
  Act(letter, undo ? Kind::kResolveCompensated : Kind::kResolveDone);
}

void Operator::CallOff(const std::string& gid) {
  engine_()->Abort(gid, {.reason = "called off", .actor = "ops", .by_operator = true},
                   engine::WaitFor::kStored, [this, gid](const engine::Answer& answer) {
                     if (answer.kind != engine::Answer::Kind::kVerdict ||
                         answer.verdict != core::Verdict::kAccepted)
                       return;
                     world_->Log(gid + " called off");
                     ++done_.given_up;
                   });
}

void Operator::Act(const port::DeadLetter& letter, Kind kind) {
  core::DeadLetterAct act{.kind = kind,
                          .branch_id = letter.branch.branch_id,
                          .op = letter.branch.op,
                          .death = letter.branch.deaths,
                          .reason = "simulated",
                          .actor = "ops"};
  if (kind == Kind::kEdit) act.payload = base::MakeBytes(kGoodPayload);
  const bool waits = kind == Kind::kReplay && world_->Chance(0.5);
  engine_()->ActOnDeadLetter(letter.transaction.gid, std::move(act),
                             waits ? engine::WaitFor::kBranch : engine::WaitFor::kStored,
                             [this, kind, name = NameOf(letter)](const engine::Answer& answer) {
                               if (answer.kind != engine::Answer::Kind::kVerdict) return;
                               world_->Log(name + " act " + std::to_string(static_cast<int>(kind)) +
                                           " told " +
                                           std::to_string(static_cast<int>(answer.verdict)));
                               if (answer.verdict == core::Verdict::kAccepted) OnAccepted(kind);
                             });
}

void Operator::OnAccepted(Kind kind) {
  switch (kind) {
    case Kind::kReplay:
      ++done_.replays;
      break;
    case Kind::kEdit:
      ++done_.edits;
      break;
    case Kind::kResolveDone:
    case Kind::kResolveCompensated:
      ++done_.by_hand;
      break;
    case Kind::kResolveFailed:
    case Kind::kDiscard:
      ++done_.given_up;
      break;
  }
}

void Operator::UndoByHand() {
  for (auto next = to_undo_.begin(); next != to_undo_.end();) {
    const auto& [gid, branch_id, death] = *next;
    const auto record = disk_()->Load(gid);
    const core::Branch& action =
        record->branches.at(core::FindRow(*record, branch_id, core::Op::kAction).value());
    const core::Branch& undo =
        record->branches.at(core::FindRow(*record, branch_id, core::Op::kCompensate).value());
    const bool undecided = action.dead != core::DeadReason::kNone && action.deaths == death;
    const bool mine = action.status == core::BranchStatus::kFailed &&
                      undo.status == core::BranchStatus::kSucceed && undo.attempts == 0;
    if (mine) {
      bank_->DoByHand(gid, branch_id, core::Op::kCompensate);
      world_->Log(gid + "/" + branch_id + " undone by hand");
    }
    // Not stored so far: it may be on its way, or lost with its process; then somebody decides
    // about the letter anew, and this is looked at again.
    next = undecided ? std::next(next) : to_undo_.erase(next);
  }
}

}  // namespace saga::simulation
