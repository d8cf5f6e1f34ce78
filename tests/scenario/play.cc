#include "tests/scenario/play.h"

#include "orchestrator/core/words.h"

namespace saga::scenario {

core::GlobalTransaction SagaDraft(size_t steps) {
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = core::Mode::kSaga;
  for (size_t i = 1; i <= steps; ++i) {
    const std::string n = std::to_string(i);
    draft.branches.push_back(
        {.branch_id = "0" + n, .op = core::Op::kCompensate, .target = "c" + n + ":1/P/M"});
    draft.branches.push_back(
        {.branch_id = "0" + n, .op = core::Op::kAction, .target = "a" + n + ":1/P/M"});
  }
  return draft;
}

namespace {

core::GlobalTransaction EmptyDraft(core::Mode mode) {
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = mode;
  return draft;
}

}  // namespace

core::GlobalTransaction TccDraft() { return EmptyDraft(core::Mode::kTcc); }
core::GlobalTransaction XaDraft() { return EmptyDraft(core::Mode::kXa); }

core::GlobalTransaction WorkflowDraft() {
  core::GlobalTransaction draft = EmptyDraft(core::Mode::kWorkflow);
  draft.workflow = "order";
  draft.branches.push_back(
      {.branch_id = "00", .op = core::Op::kCallback, .target = "w:1/P/Resume"});
  return draft;
}

core::GlobalTransaction MessageDraft(size_t branches) {
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = core::Mode::kMessage;
  for (size_t i = 1; i <= branches; ++i) {
    const std::string n = std::to_string(i);
    draft.branches.push_back(
        {.branch_id = "0" + n, .op = core::Op::kAction, .target = "a" + n + ":1/P/M"});
  }
  draft.branches.push_back({.branch_id = "00", .op = core::Op::kQuery, .target = "q:1/P/M"});
  return draft;
}

core::BranchRegistered TccBranch(const std::string& branch_id) {
  return {core::Mode::kTcc,
          {{.branch_id = branch_id, .op = core::Op::kCancel, .target = "p:1/P/Cancel"},
           {.branch_id = branch_id, .op = core::Op::kConfirm, .target = "p:1/P/Confirm"}}};
}

core::BranchRegistered XaBranch(const std::string& branch_id) {
  return {core::Mode::kXa,
          {{.branch_id = branch_id, .op = core::Op::kRollback, .target = "p:1/P/Xa"},
           {.branch_id = branch_id, .op = core::Op::kCommit, .target = "p:1/P/Xa"}}};
}

core::BranchRegistered WorkflowStep(const std::string& branch_id, core::Op op,
                                    core::BranchStatus status, const std::string& reply) {
  core::Branch row{.branch_id = branch_id, .op = op, .status = status};
  row.payload = base::MakeBytes(reply);
  return {core::Mode::kWorkflow, {row}};
}

void Play::Script(const std::string& branch_id, core::Op op, std::vector<Outcome> outcomes) {
  script_[{branch_id, op}] = {outcomes.begin(), outcomes.end()};
}

core::Verdict Play::Do(core::Event event) {
  if (exists_) return Note(core::Step(transaction_, std::move(event), At())).verdict;
  const core::Decision& decision = Note(core::Create(std::move(event), At(), &transaction_));
  exists_ = decision.verdict == core::Verdict::kAccepted;
  return decision.verdict;
}

core::Decision& Play::Note(core::Decision decision) {
  last_ = std::move(decision);
  history_.insert(history_.end(), last_.history.begin(), last_.history.end());
  notices_.insert(notices_.end(), last_.notices.begin(), last_.notices.end());
  return last_;
}

const core::Branch& Play::Row(const std::string& branch_id, core::Op op) const {
  return transaction_.branches.at(core::FindRow(transaction_, branch_id, op).value());
}

uint32_t Play::SendOverFallback(const std::string& branch_id, core::Op op,
                                base::Duration patience) {
  core::Decision decision;
  const uint32_t row = core::FindRow(transaction_, branch_id, op).value();
  const uint32_t attempt = core::StartFallback(transaction_, row, now_ + patience, At(), &decision);
  Note(std::move(decision));
  return attempt;
}

core::Verdict Play::Hear(const std::string& branch_id, core::Op op, uint32_t attempt,
                         Outcome outcome, bool from_queue) {
  return Do(core::BranchAnswered{
      .row = core::FindRow(transaction_, branch_id, op).value(),
      .attempt = attempt,
      .outcome = outcome,
      .text = "the reason",
      .hopeless = outcome == Outcome::kUnknown ? hopeless_ : core::DeadReason::kNone,
      .attempt_limit = attempt_limit_,
      .from_queue = from_queue});
}

core::Verdict Play::Reply(const std::string& branch_id, core::Op op, uint32_t attempt,
                          Outcome outcome) {
  return Hear(branch_id, op, attempt, outcome, true);
}

core::Verdict Play::Answer(const std::string& branch_id, core::Op op, uint32_t attempt,
                           Outcome outcome) {
  return Hear(branch_id, op, attempt, outcome, false);
}

core::Verdict Play::Prepare(core::GlobalTransaction draft) {
  return Do(core::Prepared{std::move(draft)});
}

core::Verdict Play::Submit(core::GlobalTransaction draft) {
  const core::Verdict verdict = Do(core::Submitted{std::move(draft)});
  if (verdict == core::Verdict::kAccepted) CallAll();
  return verdict;
}

bool Play::Pass() {
  if (core::NextWake(transaction_, {}) > now_) return false;
  (void)Do(core::Woken{});
  CallAll();
  return true;
}

base::Duration Play::NextPass() {
  const base::Time before = now_;
  const base::Time wake = core::NextWake(transaction_, {});
  if (wake == base::kNever) return base::Seconds(-1);
  now_ = std::max(now_, wake);
  (void)Pass();
  return now_ - before;
}

void Play::CallAll() {
  for (std::vector<uint32_t> due = core::Due(transaction_, now_); !due.empty();
       due = core::Due(transaction_, now_)) {
    const uint32_t row = due.front();
    const core::Branch branch = transaction_.branches[row];
    if (branch.on_fallback) {  // nobody replied in time
      (void)Answer(branch.branch_id, branch.op, branch.attempts, Outcome::kUnknown);
      continue;
    }
    calls_.push_back(branch.branch_id + "/" + std::string(core::WordOf(branch.op)));
    std::deque<Outcome>& script = script_[{branch.branch_id, branch.op}];
    const Outcome outcome = script.empty() ? Outcome::kSuccess : script.front();
    if (!script.empty()) script.pop_front();
    const uint32_t attempt = core::StartCall(transaction_, row);
    (void)Answer(branch.branch_id, branch.op, attempt, outcome);
  }
}

std::string Play::Rows() const {
  std::string rows;
  for (const core::Branch& branch : transaction_.branches) {
    if (core::IsAskBack(branch.op)) continue;
    rows += branch.status == core::BranchStatus::kPrepared  ? 'P'
            : branch.status == core::BranchStatus::kSucceed ? 'S'
                                                            : 'F';
  }
  return rows;
}

std::string Play::Status() const { return std::string(core::WordOf(transaction_.status)); }

}  // namespace saga::scenario
