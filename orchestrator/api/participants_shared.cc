// Participants on a store that several nodes share: the other half of participants.h.

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "orchestrator/api/participants.h"

namespace saga::api {

absl::Status Participants::FollowOthers() {
  const absl::StatusOr<std::vector<port::NodeView>> nodes = nodes_->ListNodes();
  if (!nodes.ok()) return nodes.status();
  std::set<uint64_t> live;
  uint64_t self = 0;
  for (const port::NodeView& node : *nodes) {
    if (node.state == port::NodeState::kGone) continue;
    live.insert(node.id);
    if (node.self) self = node.id;
  }
  absl::MutexLock writing(&write_mutex_);
  if (absl::Status read = ReadOthers(); !read.ok()) return read;
  {
    absl::MutexLock lock(&mutex_);
    self_ = self;
  }
  if (self == 0) return absl::OkStatus();  // it has just lost its lease
  for (const Home& home : JudgeHomes(live)) {
    if (absl::Status written = WriteHome(home); !written.ok()) return written;
  }
  return absl::OkStatus();
}

absl::Status Participants::ReadOthers() {
  // Before the records: what changes in between is seen the next time.
  absl::StatusOr<std::string> state = records_.KvState(kParticipantCategory);
  if (!state.ok() || *state == state_) return state.status();
  std::map<std::string, RegistrationRecord> records;
  port::KvFilter filter{.category = kParticipantCategory, .limit = core::kMaxParticipants};
  for (;;) {
    const auto page = records_.ListKv(filter);
    if (!page.ok()) return page.status();
    if (page->empty()) break;
    for (const port::KvRecord& stored : *page) {
      std::optional<RegistrationRecord> record = DecodeRegistration(stored.value);
      if (record.has_value()) records[stored.key] = *std::move(record);
    }
    filter.before_id = page->back().id;
  }
  absl::MutexLock lock(&mutex_);
  for (const auto& [participant, record] : records) Merge(participant, record);
  for (auto& [participant, known] : known_) {
    if (records.contains(participant)) continue;
    for (auto& [address, instance] : known.instances) Leave(instance);
  }
  state_ = *std::move(state);
  return absl::OkStatus();
}

void Participants::Merge(const std::string& participant, const RegistrationRecord& record) {
  Known& known = known_[participant];
  known.operations = record.operations;
  known.command_topic = record.command_topic;
  known.attempt_limit = record.attempt_limit;
  std::set<std::string> stored;
  for (const RegisteredInstance& said : record.instances) {
    stored.insert(said.address);
    const auto [entry, added] = known.instances.try_emplace(said.address);
    Instance& instance = entry->second;
    if (!added && instance.deregistered && instance.said.registered == said.registered)
      continue;  // it left here, and the store has not heard of it
    if (added || instance.deregistered) {
      instance.deregistered = false;
      instance.said = said;
      Renew(instance);
    }
    instance.said = said;
    by_address_[absl::AsciiStrToLower(said.address)].emplace(participant, said.address);
  }
  for (auto& [address, instance] : known.instances) {
    if (!stored.contains(address)) Leave(instance);
  }
  Forget(participant);
  count_.store(known_.size(), std::memory_order_relaxed);
}

void Participants::Leave(Instance& instance) {
  if (instance.deregistered) return;
  instance.deregistered = true;
  instance.lease_end = clock_.Now();
}

bool Participants::HeardHere(const Instance& instance, base::Time now) const {
  return instance.heard.IsSet() && now < instance.heard + base::Seconds(instance.said.lease_s);
}

std::vector<Participants::Home> Participants::JudgeHomes(const std::set<uint64_t>& live) {
  const base::Time now = clock_.Now();
  std::vector<Home> homes;
  absl::MutexLock lock(&mutex_);
  for (auto& [participant, known] : known_) {
    for (auto& [address, instance] : known.instances) {
      if (instance.deregistered) continue;
      const bool here = HeardHere(instance, now);
      const bool well = here && instance.serving;
      if (instance.said.node == self_) {
        if (instance.said.away == well) homes.push_back({participant, address, !well});
        continue;
      }
      const bool seen = live.contains(instance.said.node) && !instance.said.away;
      if (!seen && well) {
        homes.push_back({participant, address, false});
      } else if (seen && !here) {
        instance.serving = true;
        Renew(instance);
      } else if (instance.said.away && !here) {
        instance.lease_end = std::min(instance.lease_end, now);
      }
    }
  }
  return homes;
}

absl::Status Participants::WriteHome(const Home& home) {
  const auto before = Read(home.participant);
  if (!before.ok()) return before.status();
  uint64_t self = 0;
  {
    absl::MutexLock lock(&mutex_);
    self = self_;
  }
  RegistrationRecord record = before->record;
  for (RegisteredInstance& said : record.instances) {
    if (said.address != home.address) continue;
    said.node = self;
    said.away = home.away;
  }
  if (record == before->record) return absl::OkStatus();
  if (absl::Status written = Write(home.participant, *before, record); !written.ok())
    return written;
  absl::MutexLock lock(&mutex_);
  if (Instance* const instance = Find(home.participant, home.address); instance != nullptr) {
    instance->said.node = self;
    instance->said.away = home.away;
  }
  return absl::OkStatus();
}

}  // namespace saga::api
