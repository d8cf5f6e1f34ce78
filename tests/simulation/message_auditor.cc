#include "tests/simulation/message_auditor.h"

#include <algorithm>
#include <set>

#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"
#include "orchestrator/envelope/cloud_event.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/event.h"
#include "orchestrator/envelope/reply.h"

namespace saga::simulation {

namespace {

// By ce_id, as a consumer tells repetitions; the first of each.
std::map<std::string, base::Message> Distinct(const std::vector<base::Message>& messages) {
  std::map<std::string, base::Message> distinct;
  for (const base::Message& message : messages) {
    for (const auto& [name, value] : message.headers) {
      if (name == envelope::kCloudId) distinct.emplace(value, message);
    }
  }
  return distinct;
}

void AuditEvents(const Records& records, const SimBroker& broker,
                 std::vector<std::string>& findings) {
  std::map<std::string, base::Message> events = Distinct(broker.Messages(kEvents));
  for (const auto& [gid, record] : records) {
    if (!core::IsFinal(record.status)) continue;
    const auto found = events.find(gid + "/" + std::to_string(record.version));
    if (found == events.end()) {
      findings.push_back(gid + ": ended, and nobody was told by an event");
      continue;
    }
    const auto event = envelope::DecodeEvent(found->second);
    if (!event.ok() || event->gid != gid || event->status != core::WordOf(record.status) ||
        event->reason != record.rollback_reason || event->finish_time != record.finish_time) {
      findings.push_back(gid + ": its event tells another end than the stored one");
    }
    events.erase(found);
  }
  for (const auto& [id, message] : events)
    findings.push_back("the event " + id + " tells of no end that is stored");
}

void AuditCopies(const Records& records, const SimBroker& broker,
                 std::vector<std::string>& findings) {
  std::map<std::string, base::Message> copies = Distinct(broker.Messages(kDeadLetters));
  for (const auto& [gid, record] : records) {
    for (const core::Branch& branch : record.branches) {
      for (uint32_t death = 1; death <= branch.deaths; ++death) {
        const std::string id = gid + "/" + branch.branch_id + "/" +
                               std::string(core::WordOf(branch.op)) + "/" + std::to_string(death);
        const auto found = copies.find(id);
        if (found == copies.end()) {
          findings.push_back("the dead letter " + id + " has no copy");
          continue;
        }
        if (!envelope::DecodeDeadLetter(found->second).ok())
          findings.push_back("the copy of " + id + " cannot be read");
        copies.erase(found);
      }
    }
  }
  for (const auto& [id, message] : copies)
    findings.push_back("the copy " + id + " tells of no death that is stored");
}

bool Owed(const core::GlobalTransaction& record, core::Op op) {
  const bool back =
      op == core::Op::kCompensate || op == core::Op::kCancel || op == core::Op::kRollback;
  return record.status == (back ? core::Status::kAborting : core::Status::kSubmitted);
}

}  // namespace

std::vector<std::string> AuditMessages(const Records& records, const SimBroker& broker,
                                       adapter::MemoryStore& disk) {
  std::vector<std::string> findings;
  AuditEvents(records, broker, findings);
  AuditCopies(records, broker, findings);
  const auto waiting = disk.outbox().CountOutbox();
  if (waiting->waiting != 0) findings.push_back("messages are left in the outbox");
  const auto parked = disk.outbox().ListParked(0, 1);
  if (!parked->empty()) findings.push_back("a reply was parked: " + parked->front().reason);
  return findings;
}

std::vector<std::string> AuditParked(const Records& records) {
  std::vector<std::string> findings;
  for (const auto& [gid, record] : records) {
    if (core::IsFinal(record.status)) continue;
    const auto dead = std::find_if(
        record.branches.begin(), record.branches.end(),
        [](const core::Branch& branch) { return branch.dead != core::DeadReason::kNone; });
    if (dead == record.branches.end()) {
      findings.push_back(gid + ": has neither ended nor a dead letter");
    } else if (dead->last_error.empty() || !dead->dead_time.IsSet() ||
               !dead->first_failure.IsSet() || !dead->last_failure.IsSet() || dead->deaths == 0) {
      findings.push_back(gid + ": its dead letter does not say why");
    }
  }
  return findings;
}

std::string AuditAcknowledgement(const base::Message& message, adapter::MemoryStore& disk) {
  const auto reply = envelope::DecodeReply(message);
  if (!reply.ok() || reply->outcome != core::WordOf(core::Outcome::kSuccess)) return "";
  const auto record = disk.Load(reply->gid);
  if (!record.ok()) return "";
  for (const core::Branch& branch : record->branches) {
    if (branch.branch_id != reply->branch_id || core::WordOf(branch.op) != reply->op) continue;
    if (branch.status == core::BranchStatus::kPrepared && Owed(*record, branch.op))
      return reply->gid + "/" + reply->branch_id + ": its success was acknowledged and not stored";
  }
  return "";
}

size_t CountDeaths(const SimBroker& broker) {
  return Distinct(broker.Messages(kDeadLetters)).size();
}

}  // namespace saga::simulation
