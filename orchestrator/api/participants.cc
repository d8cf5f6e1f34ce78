#include "orchestrator/api/participants.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace saga::api {

namespace {

constexpr size_t kLoadPage = 1000;
constexpr uint32_t kDefaultLeaseSeconds =
    static_cast<uint32_t>(core::kDefaultLease.micros / base::Seconds(1).micros);

absl::Status NotRegistered(const std::string& participant, const std::string& instance) {
  return absl::NotFoundError(absl::StrCat("instance '", instance, "' of participant '", participant,
                                          "' is not registered: register it again"));
}

RegisteredInstance InstanceOf(const Registration& registration, base::Time now) {
  RegisteredInstance instance;
  instance.address = registration.instance;
  instance.protocol = registration.protocol;
  instance.operations = registration.operations;
  instance.capacity = registration.capacity;
  instance.lease_s = registration.lease_s == 0 ? kDefaultLeaseSeconds : registration.lease_s;
  instance.version = registration.version;
  instance.registered = now;
  return instance;
}

std::vector<RegisteredInstance>::iterator FindAddress(std::vector<RegisteredInstance>& instances,
                                                      const std::string& address) {
  return std::find_if(instances.begin(), instances.end(), [&](const RegisteredInstance& instance) {
    return instance.address == address;
  });
}

}  // namespace

absl::Status Participants::Load() {
  port::KvFilter filter;
  filter.category = kParticipantCategory;
  filter.limit = kLoadPage;
  for (;;) {
    const auto page = records_.ListKv(filter);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    absl::MutexLock lock(&mutex_);
    for (const port::KvRecord& stored : *page) {
      const std::optional<RegistrationRecord> record = DecodeRegistration(stored.value);
      if (!record.has_value()) continue;
      Keep(stored.key, *record);
      for (auto& [address, instance] : known_[stored.key].instances) Renew(instance);
    }
    filter.before_id = page->back().id;
  }
}

absl::StatusOr<uint32_t> Participants::Register(const Registration& registration) {
  if (absl::Status status = CheckRegistration(registration); !status.ok()) return status;
  const std::string& participant = registration.participant;
  absl::MutexLock writing(&write_mutex_);
  const auto before = Read(participant);
  if (!before.ok()) return before.status();
  if (absl::Status room = MakeRoom(participant); !room.ok()) return room;
  const base::Time now = clock_.Now();
  const auto record = Joined(before->record, registration, now);
  if (!record.ok()) return record.status();
  if (before->version == 0 || *record != before->record) {
    if (absl::Status written = Write(participant, *before, *record); !written.ok()) return written;
  }
  absl::MutexLock lock(&mutex_);
  Keep(participant, *record);
  Instance& instance = known_[participant].instances[registration.instance];
  instance.said = InstanceOf(registration, now);
  instance.said.node = self_;
  instance.heard = now;
  instance.serving = true;
  instance.deregistered = false;
  instance.missed = 0;
  instance.passed_over = base::Time();
  Renew(instance);
  Forget(participant);
  return instance.said.lease_s;
}

absl::StatusOr<uint32_t> Participants::Heartbeat(const std::string& participant,
                                                 const std::string& instance, bool serving) {
  absl::MutexLock lock(&mutex_);
  Instance* const found = Find(participant, instance);
  if (found == nullptr || found->deregistered || IsForgotten(*found, clock_.Now()))
    return NotRegistered(participant, instance);
  found->serving = serving;
  Renew(*found);
  found->heard = found->heartbeat;
  return found->said.lease_s;
}

absl::StatusOr<uint32_t> Participants::Deregister(const std::string& participant,
                                                  const std::string& instance) {
  absl::MutexLock writing(&write_mutex_);
  bool known = false;
  uint32_t calls_out = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (Instance* const found = Find(participant, instance); found != nullptr) {
      known = !found->deregistered;
      calls_out = found->in_flight;
      found->deregistered = true;
      found->lease_end = clock_.Now();
    }
  }
  const auto before = Read(participant);
  if (!before.ok()) return before.status();
  RegistrationRecord record = before->record;
  const auto stored = FindAddress(record.instances, instance);
  if (stored == record.instances.end()) {
    if (known) return calls_out;
    return NotRegistered(participant, instance);
  }
  record.instances.erase(stored);
  if (absl::Status written = Write(participant, *before, record); !written.ok()) return written;
  return calls_out;
}

std::vector<ParticipantView> Participants::List(const std::string& participant) {
  absl::MutexLock lock(&mutex_);
  const base::Time now = clock_.Now();
  std::vector<ParticipantView> views;
  for (const auto& [name, known] : known_) {
    if (!participant.empty() && name != participant) continue;
    ParticipantView& view = views.emplace_back();
    view.name = name;
    view.operations = known.operations;
    view.command_topic = known.command_topic;
    view.attempt_limit = known.attempt_limit;
    for (const auto& [address, instance] : known.instances) {
      if (instance.deregistered || IsForgotten(instance, now)) continue;
      view.instances.push_back({.said = instance.said,
                                .state = StateOf(instance, now),
                                .in_flight = instance.in_flight,
                                .calls = instance.calls,
                                .heartbeat = instance.heartbeat,
                                .lease_end = instance.lease_end});
    }
  }
  return views;
}

InstanceState Participants::StateOf(const Instance& instance, base::Time now) {
  if (now >= instance.lease_end) return InstanceState::kExpired;
  if (!instance.serving) return InstanceState::kNotServing;
  return now < instance.passed_over ? InstanceState::kUnreachable : InstanceState::kLive;
}

bool Participants::IsForgotten(const Instance& instance, base::Time now) {
  return instance.in_flight == 0 && now >= instance.lease_end + core::kInstanceLife;
}

absl::StatusOr<Participants::Stored> Participants::Read(const std::string& participant) {
  const auto stored = records_.FindKv(kParticipantCategory, participant);
  if (absl::IsNotFound(stored.status())) return Stored();
  if (!stored.ok()) return stored.status();
  // What cannot be read is replaced.
  return Stored{stored->version, DecodeRegistration(stored->value).value_or(RegistrationRecord())};
}

absl::Status Participants::Write(const std::string& participant, const Stored& before,
                                 const RegistrationRecord& record) {
  const std::string value = EncodeRegistration(record);
  const base::Time now = clock_.Now();
  const absl::Status written =
      before.version == 0
          ? records_.CreateKv(kParticipantCategory, participant, value, now)
          : records_.UpdateKv(kParticipantCategory, participant, value, before.version, now);
  if (!absl::IsNotFound(written) && !absl::IsAlreadyExists(written)) return written;
  return absl::UnavailableError(absl::StrCat("the record of participant '", participant,
                                             "' was changed by somebody else: try again"));
}

absl::Status Participants::MakeRoom(const std::string& participant) {
  std::string leaving;
  {
    absl::MutexLock lock(&mutex_);
    if (known_.contains(participant) || known_.size() < core::kMaxParticipants)
      return absl::OkStatus();
    const base::Time now = clock_.Now();
    base::Time longest_gone = base::kNever;
    for (const auto& [name, known] : known_) {
      base::Time last_seen;
      bool empty = true;
      for (const auto& [address, instance] : known.instances) {
        last_seen = std::max(last_seen, instance.lease_end);
        empty = empty && instance.in_flight == 0 &&
                (instance.deregistered || IsForgotten(instance, now));
      }
      if (!empty || last_seen >= longest_gone) continue;
      longest_gone = last_seen;
      leaving = name;
    }
  }
  if (leaving.empty()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", core::kMaxParticipants,
                     " participants, more are not allowed (kMaxParticipants)"));
  }
  const absl::Status deleted = records_.DeleteKv(kParticipantCategory, leaving);
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  absl::MutexLock lock(&mutex_);
  for (const auto& [address, instance] : known_[leaving].instances) ForgetAddress(leaving, address);
  known_.erase(leaving);
  count_.store(known_.size(), std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::StatusOr<RegistrationRecord> Participants::Joined(const RegistrationRecord& record,
                                                        const Registration& registration,
                                                        base::Time now) {
  RegistrationRecord joined = record;
  uint64_t self = 0;
  {
    absl::MutexLock lock(&mutex_);
    self = self_;
    std::erase_if(joined.instances, [&](const RegisteredInstance& stored) {
      mutex_.AssertHeld();
      const Instance* const known = Find(registration.participant, stored.address);
      // Another node has registered it since.
      const bool news = known == nullptr || known->said.registered != stored.registered;
      if (nodes_ != nullptr && news) return false;
      return known == nullptr || known->deregistered || IsForgotten(*known, now);
    });
  }
  joined.operations = registration.operations;
  joined.command_topic = registration.command_topic;
  joined.attempt_limit = registration.attempt_limit;
  RegisteredInstance instance = InstanceOf(registration, now);
  instance.node = self;
  for (const RegisteredInstance& other : joined.instances) {
    if (other.address == instance.address || other.protocol == instance.protocol) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "protocol is not that of instance '", other.address,
        "': all instances of a participant have one, choose another participant name"));
  }
  if (const auto same = FindAddress(joined.instances, instance.address);
      same != joined.instances.end()) {
    // When nothing else has changed nothing has to be written.
    RegisteredInstance again = instance;
    again.registered = same->registered;
    if (*same != again) *same = std::move(instance);
    return joined;
  }
  if (joined.instances.size() >= core::kMaxInstances) {
    return absl::ResourceExhaustedError(
        absl::StrCat("participant '", registration.participant, "' has ", joined.instances.size(),
                     " instances, more are not allowed (kMaxInstances)"));
  }
  joined.instances.push_back(std::move(instance));
  return joined;
}

void Participants::Keep(const std::string& participant, const RegistrationRecord& record) {
  Known& known = known_[participant];
  known.operations = record.operations;
  known.command_topic = record.command_topic;
  known.attempt_limit = record.attempt_limit;
  for (const RegisteredInstance& said : record.instances) {
    known.instances[said.address].said = said;
    by_address_[absl::AsciiStrToLower(said.address)].emplace(participant, said.address);
  }
  count_.store(known_.size(), std::memory_order_relaxed);
}

void Participants::Renew(Instance& instance) {
  instance.heartbeat = clock_.Now();
  instance.lease_end = instance.heartbeat + base::Seconds(instance.said.lease_s);
}

void Participants::Forget(const std::string& participant) {
  auto& instances = known_[participant].instances;
  const base::Time now = clock_.Now();
  for (auto it = instances.begin(); it != instances.end();) {
    const Instance& instance = it->second;
    const bool crowded = instances.size() > core::kMaxInstances;
    const bool left = instance.deregistered && instance.in_flight == 0;
    if (!IsForgotten(instance, now) && !(crowded && left)) {
      ++it;
      continue;
    }
    ForgetAddress(participant, it->first);
    it = instances.erase(it);
  }
}

void Participants::ForgetAddress(const std::string& participant, const std::string& address) {
  const auto found = by_address_.find(absl::AsciiStrToLower(address));
  if (found == by_address_.end()) return;
  found->second.erase({participant, address});
  if (found->second.empty()) by_address_.erase(found);
}

Participants::Instance* Participants::Find(const std::string& participant,
                                           const std::string& instance) {
  const auto known = known_.find(participant);
  if (known == known_.end()) return nullptr;
  const auto found = known->second.instances.find(instance);
  return found == known->second.instances.end() ? nullptr : &found->second;
}

}  // namespace saga::api
