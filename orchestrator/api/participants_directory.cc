// The side of Participants that the engine sees: who is called.

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/api/participants.h"
#include "orchestrator/base/check.h"

namespace saga::api {

namespace {

constexpr size_t kNamedOperations = 20;  // in the text of an error

// Of a Pick: which instance of which participant it is. Names have no '/'.
std::string PickKey(const std::string& participant, const std::string& address) {
  return absl::StrCat(participant, "/", address);
}

std::string TargetOf(const RegisteredInstance& instance, const std::string& method) {
  switch (instance.protocol) {
    case core::Protocol::kGrpc:
      return absl::StrCat(instance.address, "/", method);
    case core::Protocol::kHttp:
    case core::Protocol::kJsonRpc:
      break;
  }
  return absl::StrCat("http://", instance.address, method);
}

// What a plain target asks for, as an operation's method words it.
std::string MethodOf(std::string_view target) {
  const size_t mark = target.find("://");
  if (mark == std::string_view::npos) {
    const size_t slash = target.find('/');
    return slash == std::string_view::npos ? "" : std::string(target.substr(slash + 1));
  }
  const std::string_view rest = target.substr(mark + 3);
  const std::string_view whole = rest.substr(0, rest.find_first_of("?#"));
  const size_t slash = whole.find('/');
  return slash == std::string_view::npos ? "/" : std::string(whole.substr(slash));
}

bool HasMethod(const OperationTable& operations, const std::string& method) {
  return std::any_of(
      operations.begin(), operations.end(),
      [&](const RegisteredOperation& operation) { return operation.method == method; });
}

std::string Names(const OperationTable& operations) {
  const size_t shown = std::min(operations.size(), kNamedOperations);
  std::string names = absl::StrJoin(
      operations.begin(), operations.begin() + static_cast<ptrdiff_t>(shown), ", ",
      [](std::string* out, const RegisteredOperation& operation) { out->append(operation.name); });
  if (shown < operations.size()) absl::StrAppend(&names, ", ...");
  return names;
}

absl::Status NobodyNamed(const std::string& name) {
  return absl::NotFoundError(
      absl::StrCat("no participant '", name,
                   "' has registered: start it with this server as its orchestrator, or correct "
                   "the target's name"));
}

}  // namespace

bool Participants::CanBeCalled(const Instance& instance, base::Time now) {
  return !instance.deregistered && instance.serving && now < instance.lease_end;
}

std::optional<port::ParticipantFacts> Participants::Facts(std::string_view target) {
  if (count_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  if (!core::NamesParticipant(target)) {
    absl::MutexLock lock(&mutex_);
    return FactsOfPlain(target);
  }
  const core::ParticipantTarget split = core::SplitParticipantTarget(target);
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(split.name);
  if (found == known_.end()) return std::nullopt;
  const Known& known = found->second;
  port::ParticipantFacts facts;
  facts.name = split.name;
  facts.command_topic = known.command_topic;
  facts.attempt_limit = known.attempt_limit;
  const RegisteredOperation* operation = FindOperation(known.operations, split.operation);
  bool all_say = true;
  const base::Time now = clock_.Now();
  for (const auto& [address, instance] : known.instances) {
    // During an upgrade the instances may differ.
    if (operation == nullptr) operation = FindOperation(instance.said.operations, split.operation);
    if (!CanBeCalled(instance, now)) continue;
    all_say = all_say && instance.said.capacity > 0;
    facts.capacity += instance.said.capacity;
  }
  if (operation != nullptr) facts.method = operation->method;
  if (!all_say) facts.capacity = 0;
  return facts;
}

std::optional<port::ParticipantFacts> Participants::FactsOfPlain(std::string_view target) {
  const auto places = by_address_.find(core::DestinationOf(target));
  if (places == by_address_.end()) return std::nullopt;
  port::ParticipantFacts facts;
  facts.method = MethodOf(target);
  // Several participants may share an address: the one that has the method, if any.
  const Place* meant = nullptr;
  for (const Place& place : places->second) {
    const Instance* const instance = Find(place.first, place.second);
    if (instance == nullptr) continue;
    if (meant == nullptr) meant = &place;
    if (!HasMethod(instance->said.operations, facts.method)) continue;
    meant = &place;
    break;
  }
  if (meant == nullptr) return std::nullopt;
  const Known& known = known_.at(meant->first);
  facts.name = meant->first;
  facts.command_topic = known.command_topic;
  facts.attempt_limit = known.attempt_limit;
  facts.capacity = known.instances.at(meant->second).said.capacity;
  return facts;
}

Participants::Instance* Participants::Choose(Known& known, std::string_view operation,
                                             base::Time now) {
  // From the one behind the last pick on, so that equals take turns.
  const auto first = known.instances.upper_bound(known.last_picked);
  Instance* best = nullptr;
  std::tuple<bool, bool, uint32_t> best_rank;
  const auto look = [&](Instance& instance) {
    if (!CanBeCalled(instance, now)) return;
    if (FindOperation(instance.said.operations, operation) == nullptr) return;
    const bool full = instance.said.capacity > 0 && instance.in_flight >= instance.said.capacity;
    const std::tuple rank(now < instance.passed_over, full, instance.in_flight);
    if (best != nullptr && rank >= best_rank) return;
    best = &instance;
    best_rank = rank;
  };
  for (auto it = first; it != known.instances.end(); ++it) look(it->second);
  for (auto it = known.instances.begin(); it != first; ++it) look(it->second);
  return best;
}

absl::Status Participants::NobodyFor(const core::ParticipantTarget& target, const Known& known,
                                     base::Time now) {
  size_t alive = 0;
  size_t silent = 0;
  size_t away = 0;
  bool offered = FindOperation(known.operations, target.operation) != nullptr;
  for (const auto& [address, instance] : known.instances) {
    if (instance.deregistered) continue;
    offered = offered || FindOperation(instance.said.operations, target.operation) != nullptr;
    const bool can_be_called = CanBeCalled(instance, now);
    alive += can_be_called ? 1 : 0;
    away += !can_be_called && now < instance.lease_end ? 1 : 0;
    silent += !can_be_called && now >= instance.lease_end ? 1 : 0;
  }
  if (alive > 0 && !offered) {
    return absl::UnimplementedError(absl::StrCat("participant '", target.name,
                                                 "' has no operation '", target.operation,
                                                 "': it has ", Names(known.operations)));
  }
  if (alive > 0) {
    return absl::UnavailableError(absl::StrCat(
        "none of the ", alive, " live instances of participant '", target.name,
        "' has the operation '", target.operation, "': start one of the version that has"));
  }
  return absl::UnavailableError(absl::StrCat(
      "no instance of participant '", target.name, "' is alive (", silent, " without a heartbeat, ",
      away, " not serving): start one, or look at those that run"));
}

absl::StatusOr<port::Pick> Participants::PickInstance(std::string_view target) {
  const core::ParticipantTarget split = core::SplitParticipantTarget(target);
  if (!split.error.empty()) return absl::UnimplementedError(split.error);
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(split.name);
  if (found == known_.end()) return NobodyNamed(split.name);
  Known& known = found->second;
  const base::Time now = clock_.Now();
  Instance* const chosen = Choose(known, split.operation, now);
  if (chosen == nullptr) return NobodyFor(split, known, now);
  ++chosen->in_flight;
  ++chosen->calls;
  known.last_picked = chosen->said.address;
  port::Pick pick;
  pick.protocol = chosen->said.protocol;
  pick.target =
      TargetOf(chosen->said, FindOperation(chosen->said.operations, split.operation)->method);
  pick.instance = PickKey(split.name, chosen->said.address);
  return pick;
}

void Participants::Finish(const port::Pick& pick, bool reached) {
  const size_t slash = pick.instance.find('/');
  absl::MutexLock lock(&mutex_);
  Instance* const instance = Find(pick.instance.substr(0, slash), pick.instance.substr(slash + 1));
  SAGA_CHECK(instance != nullptr && instance->in_flight > 0);
  --instance->in_flight;
  if (reached) {
    instance->missed = 0;
    instance->passed_over = base::Time();
    return;
  }
  if (++instance->missed >= core::kUnreachableCalls)
    instance->passed_over = clock_.Now() + core::kUnreachablePause;
}

}  // namespace saga::api
