#include "tests/simulation/auditor.h"

#include <algorithm>
#include <map>

namespace saga::simulation {

namespace {

using Effects = std::map<std::string, Bank::Effect>;

class Findings {
 public:
  explicit Findings(std::string gid) : gid_(std::move(gid)) {}
  void Expect(bool condition, const std::string& what) {
    if (!condition) lines_.push_back(gid_ + ": " + what);
  }
  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  const std::string gid_;
  std::vector<std::string> lines_;
};

Effects EffectsOf(const std::string& gid, const Bank& bank) {
  const auto found = bank.Effects().find(gid);
  return found == bank.Effects().end() ? Effects{} : found->second;
}

// Every branch id of the order, each once.
std::vector<std::string> BranchIds(const Client& client) {
  std::vector<std::string> ids;
  for (const core::Branch& branch : client.order().draft.branches) {
    if (branch.op == core::Op::kQuery) continue;
    if (ids.empty() || ids.back() != branch.branch_id) ids.push_back(branch.branch_id);
  }
  return ids;
}

void ExpectAllDone(const std::vector<std::string>& branch_ids, Effects effects,
                   Findings& findings) {
  for (const std::string& id : branch_ids) {
    const Bank::Effect& effect = effects[id];
    findings.Expect(effect.actions == 1, "succeed, but branch " + id + " took effect " +
                                             std::to_string(effect.actions) + " times");
    findings.Expect(effect.undone == 0, "succeed, but branch " + id + " was compensated");
    findings.Expect(effect.released == 0, "succeed, but branch " + id + " was cancelled");
    findings.Expect(effect.frozen == 0, "succeed, but branch " + id + " still holds a freeze");
  }
}

void ExpectNothingLeft(const Effects& effects, Findings& findings) {
  for (const auto& [id, effect] : effects) {
    findings.Expect(effect.actions == effect.undone,
                    "branch " + id + " took effect " + std::to_string(effect.actions) +
                        " times and was undone " + std::to_string(effect.undone) + " times");
    findings.Expect(effect.actions <= 1, "branch " + id + " took effect more than once");
    findings.Expect(effect.balance == 0, "branch " + id + " left money behind");
    findings.Expect(effect.frozen == 0 && effect.tried == effect.released,
                    "branch " + id + " left a freeze behind");
  }
}

// What was accepted is what is stored, word for word.
void ExpectNoted(const WorkflowNotes& notes, const core::GlobalTransaction& record,
                 Findings& findings) {
  for (const auto& [key, noted] : notes.accepted) {
    const auto row = std::find_if(record.branches.begin(), record.branches.end(),
                                  [&key = key](const core::Branch& branch) {
                                    return branch.branch_id == key.first && branch.op == key.second;
                                  });
    findings.Expect(row != record.branches.end(), "step " + key.first + " was lost");
    if (row == record.branches.end()) continue;
    findings.Expect(row->status == noted.status && base::Value(row->payload) == noted.reply,
                    "step " + key.first + " was changed");
  }
}

void AuditMessage(const Client& client, core::Status status, const Bank& bank, Findings& findings) {
  if (!client.order().prepare_first) return;
  const bool committed = bank.LocalCommitted(client.order().gid);
  findings.Expect(committed == (status == core::Status::kSucceed),
                  committed ? "the local transaction was committed, the message was not delivered"
                            : "the message was delivered without its local transaction");
}

}  // namespace

std::vector<std::string> Audit(const Client& client,
                               const absl::StatusOr<core::GlobalTransaction>& record,
                               const Bank& bank) {
  Findings findings(client.order().gid);
  const Told& told = client.told();
  const Effects effects = EffectsOf(client.gid(), bank);
  findings.Expect(!told.disowned, "the client was told that its gid is another's");
  if (!record.ok()) {
    findings.Expect(!told.accepted, "the client was told that it is stored, but it is not");
    findings.Expect(!told.prepared,
                    "the client was told that it is prepared, but it is not stored");
    ExpectNothingLeft(effects, findings);
    return findings.Take();
  }
  const core::Status status = record->status;
  findings.Expect(core::IsFinal(status), "never ended");
  findings.Expect(told.final_status == core::Status::kPrepared || told.final_status == status,
                  "the client was told another end than the stored one");
  if (status == core::Status::kSucceed) {
    ExpectAllDone(BranchIds(client), effects, findings);
  } else if (status == core::Status::kFailed) {
    ExpectNothingLeft(effects, findings);
    const bool undoable = client.order().draft.mode == core::Mode::kSaga;
    findings.Expect(undoable || !told.accepted, "failed after its submit was accepted");
  }
  findings.Expect(!told.aborted || status == core::Status::kFailed,
                  "an accepted abort did not end in failed");
  if (client.order().draft.mode == core::Mode::kMessage)
    AuditMessage(client, status, bank, findings);
  return findings.Take();
}

std::vector<std::string> Audit(const WorkflowClient& client,
                               const absl::StatusOr<core::GlobalTransaction>& record,
                               const Bank& bank) {
  Findings findings(client.gid());
  const WorkflowNotes& notes = client.notes();
  const Effects effects = EffectsOf(client.gid(), bank);
  for (const std::string& finding : notes.findings) findings.Expect(false, finding);
  if (!record.ok()) {
    findings.Expect(!notes.prepared, "the client was told that it is prepared, but it is not");
    ExpectNothingLeft(effects, findings);
    return findings.Take();
  }
  findings.Expect(core::IsFinal(record->status), "never ended");
  findings.Expect(!core::IsFinal(record->status) ||
                      (record->status == core::Status::kFailed) == client.order().fails,
                  "ended otherwise than its steps did");
  if (notes.end.has_value()) {
    findings.Expect(notes.end->status == record->status && notes.end->result == record->result &&
                        notes.end->rollback_reason == record->rollback_reason,
                    "the client was told another end than the stored one");
  }
  ExpectNoted(notes, *record, findings);
  if (record->status == core::Status::kSucceed) {
    ExpectAllDone(client.order().steps, effects, findings);
  } else {
    ExpectNothingLeft(effects, findings);
  }
  return findings.Take();
}

}  // namespace saga::simulation
