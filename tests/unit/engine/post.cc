#include "tests/unit/engine/post.h"

#include <algorithm>
#include <utility>

#include "orchestrator/core/target.h"

namespace saga::engine {

namespace {

absl::Status Unanswered() { return absl::UnavailableError("the test's outbox"); }

}  // namespace

port::ParticipantFacts Post::Registered(uint32_t attempt_limit) {
  return {
      .name = "p", .command_topic = kCommands, .method = "P/Do", .attempt_limit = attempt_limit};
}

std::vector<base::Message> Post::Published(const std::string& topic) const {
  std::vector<base::Message> found;
  for (const base::Message& message : published) {
    if (message.topic == topic) found.push_back(message);
  }
  return found;
}

std::vector<base::Message> Post::Waiting(const std::string& topic) const {
  std::vector<base::Message> found;
  for (const auto& [id, record] : outbox) {
    if (record.message.topic == topic) found.push_back(record.message);
  }
  return found;
}

void Post::Put(const base::Message& message) {
  ++last_id_;
  outbox[last_id_] = {last_id_, world_->Now(), message};
}

std::optional<port::ParticipantFacts> Post::Facts(std::string_view target) {
  const auto found = facts.find(core::DestinationOf(std::string(target)));
  if (found == facts.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<port::Pick> Post::PickInstance(std::string_view) {
  return absl::UnimplementedError("targets of these tests are addresses");
}

bool Post::Publish(const base::Message& message, Done done) {
  if (!takes) return false;
  ++publishes;
  auto shared = std::make_shared<Done>(std::move(done));
  world_->After(base::Millis(1), [this, message, shared, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    const std::optional<absl::Status> status = log ? log(message) : absl::OkStatus();
    if (!status.has_value()) return;
    if (status->ok()) published.push_back(message);
    (*shared)(*status);
  });
  return true;
}

absl::StatusOr<std::vector<port::OutboxRecord>> Post::ReadOutbox(uint64_t after_id, size_t limit) {
  ++reads;
  if (!store_answers) return Unanswered();
  std::vector<port::OutboxRecord> page;
  for (auto next = outbox.upper_bound(after_id); next != outbox.end() && page.size() < limit;
       ++next) {
    page.push_back(next->second);
  }
  return page;
}

absl::Status Post::RemoveOutbox(const std::vector<uint64_t>& ids) {
  if (!store_answers) return Unanswered();
  for (const uint64_t id : ids) outbox.erase(id);
  return absl::OkStatus();
}

absl::StatusOr<port::OutboxCounts> Post::CountOutbox() {
  return port::OutboxCounts{.waiting = outbox.size(), .oldest = {}};
}

absl::Status Post::Park(const port::ParkedMessage& message, const base::Message& copy) {
  if (!store_answers) return Unanswered();
  const auto same = [&](const port::ParkedMessage& other) {
    return other.message.topic == message.message.topic && other.partition == message.partition &&
           other.offset == message.offset;
  };
  if (std::any_of(parked.begin(), parked.end(), same)) return absl::OkStatus();
  parked.push_back(message);
  if (!copy.topic.empty()) Put(copy);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<port::ParkedMessage>> Post::ListParked(uint64_t, size_t) {
  return parked;
}

absl::Status Post::DeleteParked(uint64_t) { return absl::NotFoundError("kept by the test"); }

}  // namespace saga::engine
