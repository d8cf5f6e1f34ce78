#include "tests/unit/topics/switchable_kv.h"

#include "absl/time/time.h"

namespace saga::api {

namespace {

absl::Status Failure() { return absl::UnavailableError("the disk is full"); }

}  // namespace

void SwitchableKv::Break(Broken broken) {
  absl::MutexLock lock(&mutex_);
  broken_ = broken;
}

void SwitchableKv::Hold() {
  absl::MutexLock lock(&mutex_);
  held_ = true;
}

void SwitchableKv::Release() {
  absl::MutexLock lock(&mutex_);
  held_ = false;
}

bool SwitchableKv::WaitUntilHeld() {
  absl::MutexLock lock(&mutex_);
  const auto waits = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return waiting_ > 0; };
  return mutex_.AwaitWithTimeout(absl::Condition(&waits), absl::Seconds(20));
}

SwitchableKv::Broken SwitchableKv::Enter() {
  absl::MutexLock lock(&mutex_);
  ++waiting_;
  const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !held_; };
  mutex_.Await(absl::Condition(&free));
  --waiting_;
  return broken_;
}

template <typename Change>
absl::Status SwitchableKv::Write(Change change) {
  const Broken broken = Enter();
  if (broken == Broken::kAll) return Failure();
  const absl::Status changed = change();
  return broken == Broken::kWritesAfter ? Failure() : changed;
}

absl::StatusOr<port::KvRecord> SwitchableKv::FindKv(const std::string& category,
                                                    const std::string& key) {
  if (Enter() != Broken::kNot) return Failure();
  return records_.FindKv(category, key);
}

absl::StatusOr<std::vector<port::KvRecord>> SwitchableKv::ListKv(const port::KvFilter& filter) {
  if (Enter() != Broken::kNot) return Failure();
  return records_.ListKv(filter);
}

absl::Status SwitchableKv::CreateKv(const std::string& category, const std::string& key,
                                    const std::string& value, base::Time now) {
  return Write([&] { return records_.CreateKv(category, key, value, now); });
}

absl::Status SwitchableKv::UpdateKv(const std::string& category, const std::string& key,
                                    const std::string& value, uint64_t version, base::Time now) {
  return Write([&] { return records_.UpdateKv(category, key, value, version, now); });
}

absl::Status SwitchableKv::DeleteKv(const std::string& category, const std::string& key) {
  return Write([&] { return records_.DeleteKv(category, key); });
}

}  // namespace saga::api
