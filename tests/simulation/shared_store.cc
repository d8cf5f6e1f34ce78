#include "tests/simulation/shared_store.h"

#include <algorithm>
#include <utility>

#include "orchestrator/core/limits.h"

namespace saga::simulation {

using port::WriteResult;

std::unique_ptr<SharedStore::Node> SharedStore::Join(const std::string& name,
                                                     const std::string& address) {
  return std::make_unique<Node>(this, name, address);
}

uint64_t SharedStore::FencedWrites() const {
  absl::MutexLock lock(&mutex_);
  return fenced_writes_;
}

uint64_t SharedStore::Takeovers() const {
  absl::MutexLock lock(&mutex_);
  return takeovers_;
}

uint64_t SharedStore::NewToken(const std::string& name, const std::string& address) {
  const uint64_t token = nodes_.empty() ? 1 : nodes_.rbegin()->first + 1;
  const base::Time now = clock_->Now();
  nodes_[token] = {.id = token,
                   .name = name,
                   .address = address,
                   .version = "simulated",
                   .since = now,
                   .lease_end = now + lease_};
  return token;
}

bool SharedStore::Live(uint64_t token) const {
  const auto found = nodes_.find(token);
  return found != nodes_.end() && found->second.state == port::NodeState::kLive;
}

void SharedStore::Reap(uint64_t asking) {
  for (const auto& [token, node] : nodes_) {
    if (token == asking || !Live(token) || node.lease_end > clock_->Now()) continue;
    ++takeovers_;
    Bury(token);
  }
}

void SharedStore::Bury(uint64_t token) {
  nodes_[token].state = port::NodeState::kGone;
  for (auto held = holders_.begin(); held != holders_.end();) {
    if (held->second != token) {
      ++held;
      continue;
    }
    disk_.Release(held->first);
    held = holders_.erase(held);
  }
}

SharedStore::Node::Node(SharedStore* shared, std::string name, std::string address)
    : shared_(shared), name_(std::move(name)), address_(std::move(address)) {
  absl::MutexLock lock(&shared_->mutex_);
  token_ = shared_->NewToken(name_, address_);
  held_until_ = shared_->nodes_[token_].lease_end;
}

bool SharedStore::Node::Enter() {
  shared_->mutex_.AssertHeld();
  if (left_) return false;
  shared_->Reap(token_);
  const bool live = shared_->Live(token_);
  if (!live) {
    lost_.merge(held_);
    held_.clear();
    token_ = shared_->NewToken(name_, address_);
    held_until_ = {};
  }
  port::NodeView& row = shared_->nodes_[token_];
  row.lease_end = shared_->clock_->Now() + shared_->lease_;
  if (lost_.empty()) held_until_ = row.lease_end;
  return live;
}

void SharedStore::Node::Hold(const std::string& gid) {
  shared_->mutex_.AssertHeld();
  shared_->holders_[gid] = token_;
  held_.insert(gid);
}

std::vector<WriteResult> SharedStore::Node::Commit(const std::vector<port::Write>& batch) {
  absl::MutexLock lock(&shared_->mutex_);
  std::vector<WriteResult> results(batch.size());
  if (left_) {
    for (WriteResult& result : results)
      result = {.kind = WriteResult::Kind::kFailed, .error = "this node has left"};
    return results;
  }
  if (!Enter()) {
    shared_->fenced_writes_ += batch.size();
    for (WriteResult& result : results) result.kind = WriteResult::Kind::kConflict;
    return results;
  }
  for (size_t i = 0; i < batch.size(); ++i) results[i] = Write(batch[i]);
  return results;
}

WriteResult SharedStore::Node::Write(const port::Write& write) {
  shared_->mutex_.AssertHeld();
  const std::string& gid = write.transaction->gid;
  const auto holder = shared_->holders_.find(gid);
  const bool mine = holder != shared_->holders_.end() && holder->second == token_;
  if (write.kind == port::Write::Kind::kUpdate && !mine)
    return {.kind = WriteResult::Kind::kConflict};
  const uint64_t last_message = shared_->disk_.outbox().Snapshot().last_id;
  WriteResult result = std::move(shared_->disk_.Commit({write})[0]);
  if (result.kind != WriteResult::Kind::kDone) return result;
  for (uint64_t id = shared_->disk_.outbox().Snapshot().last_id; id > last_message; --id)
    shared_->publishers_[id] = token_;
  if (core::IsFinal(write.transaction->status)) {
    shared_->holders_.erase(gid);
    held_.erase(gid);
  } else {
    Hold(gid);
  }
  return result;
}

absl::StatusOr<core::GlobalTransaction> SharedStore::Node::Load(const std::string& gid) {
  return shared_->disk_.Load(gid);
}

absl::StatusOr<std::vector<core::GlobalTransaction>> SharedStore::Node::ClaimDue(base::Time now,
                                                                                 size_t limit) {
  absl::MutexLock lock(&shared_->mutex_);
  Enter();
  if (left_) return absl::UnavailableError("this node has left");
  auto claimed = shared_->disk_.ClaimDue(now, limit);
  if (claimed.ok()) {
    for (const core::GlobalTransaction& transaction : *claimed) Hold(transaction.gid);
  }
  return claimed;
}

port::Holding SharedStore::Node::Claim(const std::string& gid) {
  absl::MutexLock lock(&shared_->mutex_);
  Enter();
  if (left_) return {};
  const auto holder = shared_->holders_.find(gid);
  if (holder != shared_->holders_.end() && holder->second != token_) {
    return {.kind = port::Holding::Kind::kElsewhere,
            .address = shared_->nodes_[holder->second].address};
  }
  const port::Holding holding = shared_->disk_.Claim(gid);
  if (holding.Ours()) Hold(gid);
  return holding;
}

void SharedStore::Node::Release(const std::string& gid) {
  absl::MutexLock lock(&shared_->mutex_);
  held_.erase(gid);
  const auto holder = shared_->holders_.find(gid);
  if (holder == shared_->holders_.end() || holder->second != token_) return;
  shared_->holders_.erase(holder);
  shared_->disk_.Release(gid);
}

absl::StatusOr<base::Time> SharedStore::Node::NextDue() {
  absl::MutexLock lock(&shared_->mutex_);
  Enter();
  const auto due = shared_->disk_.NextDue();
  const base::Time look = shared_->clock_->Now() + base::Micros(shared_->lease_.micros / 3);
  return due.ok() ? std::min(*due, look) : look;
}

base::Time SharedStore::Node::HeldUntil() const {
  absl::MutexLock lock(&shared_->mutex_);
  return held_until_;
}

std::vector<std::string> SharedStore::Node::TakeLost() {
  absl::MutexLock lock(&shared_->mutex_);
  if (lost_.empty()) return {};
  std::vector<std::string> lost(lost_.begin(), lost_.end());
  lost_.clear();
  if (!left_ && shared_->Live(token_)) held_until_ = shared_->nodes_[token_].lease_end;
  return lost;
}

void SharedStore::Node::Leave() {
  absl::MutexLock lock(&shared_->mutex_);
  if (std::exchange(left_, true)) return;
  held_until_ = {};
  if (shared_->Live(token_)) shared_->Bury(token_);
}

absl::StatusOr<std::vector<port::NodeView>> SharedStore::Node::ListNodes() {
  absl::MutexLock lock(&shared_->mutex_);
  std::vector<port::NodeView> nodes;
  for (const auto& [token, row] : shared_->nodes_) {
    port::NodeView node = row;
    node.self = token == token_;
    if (node.lease_end <= shared_->clock_->Now()) node.state = port::NodeState::kGone;
    for (const auto& [gid, holder] : shared_->holders_) node.held += holder == token ? 1 : 0;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

absl::StatusOr<uint64_t> SharedStore::Node::HolderOf(const std::string& gid) {
  absl::MutexLock lock(&shared_->mutex_);
  const auto holder = shared_->holders_.find(gid);
  return holder == shared_->holders_.end() ? 0 : holder->second;
}

// --- its messages

absl::StatusOr<std::vector<port::OutboxRecord>> SharedStore::Node::Outbox::ReadOutbox(
    uint64_t after_id, size_t limit) {
  SharedStore& shared = *node_->shared_;
  absl::MutexLock lock(&shared.mutex_);
  auto all = shared.disk_.outbox().ReadOutbox(after_id, SIZE_MAX);
  if (!all.ok()) return all;
  std::erase_if(*all, [&](const port::OutboxRecord& record) {
    shared.mutex_.AssertHeld();
    uint64_t& publisher = shared.publishers_[record.id];
    if (!node_->left_ && !shared.Live(publisher)) publisher = node_->token_;
    return publisher != node_->token_;
  });
  if (all->size() > limit) all->resize(limit);
  return all;
}

absl::Status SharedStore::Node::Outbox::RemoveOutbox(const std::vector<uint64_t>& ids) {
  return node_->shared_->disk_.outbox().RemoveOutbox(ids);
}

absl::StatusOr<port::OutboxCounts> SharedStore::Node::Outbox::CountOutbox() {
  return node_->shared_->disk_.outbox().CountOutbox();
}

absl::Status SharedStore::Node::Outbox::Park(const port::ParkedMessage& parked,
                                             const base::Message& copy) {
  return node_->shared_->disk_.outbox().Park(parked, copy);
}

absl::StatusOr<std::vector<port::ParkedMessage>> SharedStore::Node::Outbox::ListParked(
    uint64_t before_id, size_t limit) {
  return node_->shared_->disk_.outbox().ListParked(before_id, limit);
}

absl::Status SharedStore::Node::Outbox::DeleteParked(uint64_t id) {
  return node_->shared_->disk_.outbox().DeleteParked(id);
}

// --- its jobs

bool SharedStore::Node::Jobs::Mine(const std::string& token) const {
  node_->shared_->mutex_.AssertHeld();
  const auto runner = node_->shared_->runners_.find(token);
  return runner == node_->shared_->runners_.end() || runner->second == node_->token_;
}

absl::Status SharedStore::Node::Jobs::CreateJob(const port::Job& job,
                                                const std::vector<port::JobItem>& items) {
  return node_->shared_->jobs_.CreateJob(job, items);
}

absl::Status SharedStore::Node::Jobs::UpdateJob(const port::Job& job) {
  SharedStore& shared = *node_->shared_;
  absl::MutexLock lock(&shared.mutex_);
  if (!node_->Enter() || !Mine(job.token)) return absl::AbortedError("another node works on it");
  absl::Status updated = shared.jobs_.UpdateJob(job);
  if (updated.ok() && job.state != port::JobState::kSelected)
    shared.runners_[job.token] = node_->token_;
  return updated;
}

absl::Status SharedStore::Node::Jobs::UpdateItems(const std::string& token,
                                                  const std::vector<port::JobItem>& items) {
  SharedStore& shared = *node_->shared_;
  absl::MutexLock lock(&shared.mutex_);
  if (!node_->Enter() || !Mine(token)) return absl::AbortedError("another node works on it");
  return shared.jobs_.UpdateItems(token, items);
}

absl::StatusOr<port::Job> SharedStore::Node::Jobs::FindJob(const std::string& token) {
  return node_->shared_->jobs_.FindJob(token);
}

absl::StatusOr<port::JobCounts> SharedStore::Node::Jobs::CountItems(const std::string& token) {
  return node_->shared_->jobs_.CountItems(token);
}

absl::StatusOr<std::vector<port::JobItem>> SharedStore::Node::Jobs::ListItems(
    const std::string& token, uint32_t from, size_t limit, std::optional<port::ItemState> state) {
  return node_->shared_->jobs_.ListItems(token, from, limit, state);
}

absl::StatusOr<std::vector<port::Job>> SharedStore::Node::Jobs::ListJobs(size_t limit) {
  return node_->shared_->jobs_.ListJobs(limit);
}

absl::StatusOr<std::vector<port::Job>> SharedStore::Node::Jobs::ClaimJobs() {
  SharedStore& shared = *node_->shared_;
  absl::MutexLock lock(&shared.mutex_);
  node_->Enter();
  auto jobs = shared.jobs_.ClaimJobs();
  if (!jobs.ok() || node_->left_) return jobs;
  std::erase_if(*jobs, [&](const port::Job& job) {
    shared.mutex_.AssertHeld();
    uint64_t& runner = shared.runners_[job.token];
    if (!shared.Live(runner)) runner = node_->token_;
    return runner != node_->token_;
  });
  return jobs;
}

absl::Status SharedStore::Node::Jobs::StopJob(const std::string& token,
                                              const std::string& stop_reason) {
  return node_->shared_->jobs_.StopJob(token, stop_reason);
}

absl::Status SharedStore::Node::Jobs::ExpireJobs(base::Time before, base::Time ended_before) {
  return node_->shared_->jobs_.ExpireJobs(before, ended_before);
}

}  // namespace saga::simulation
