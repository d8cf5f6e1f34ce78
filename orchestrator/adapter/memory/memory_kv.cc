#include "orchestrator/adapter/memory/memory_kv.h"

namespace saga::adapter {

absl::StatusOr<port::KvRecord> MemoryKv::FindKv(const std::string& category,
                                                const std::string& key) {
  absl::MutexLock lock(&mutex_);
  const auto found = ids_.find({category, key});
  if (found == ids_.end()) return absl::NotFoundError("no such record");
  return records_.at(found->second);
}

absl::StatusOr<std::vector<port::KvRecord>> MemoryKv::ListKv(const port::KvFilter& filter) {
  absl::MutexLock lock(&mutex_);
  std::vector<port::KvRecord> found;
  auto entry = filter.before_id == 0 ? records_.end() : records_.lower_bound(filter.before_id);
  while (entry != records_.begin() && found.size() < filter.limit) {
    const port::KvRecord& record = (--entry)->second;
    if (!filter.category.empty() && record.category != filter.category) continue;
    if (!filter.key.empty() && record.key != filter.key) continue;
    found.push_back(record);
  }
  return found;
}

absl::Status MemoryKv::CreateKv(const std::string& category, const std::string& key,
                                const std::string& value, base::Time now) {
  absl::MutexLock lock(&mutex_);
  if (!ids_.emplace(std::pair(category, key), last_id_ + 1).second)
    return absl::AlreadyExistsError("the key is taken");
  const uint64_t id = ++last_id_;
  records_[id] = {.id = id,
                  .category = category,
                  .key = key,
                  .value = value,
                  .version = 1,
                  .create_time = now,
                  .update_time = now};
  return absl::OkStatus();
}

absl::Status MemoryKv::UpdateKv(const std::string& category, const std::string& key,
                                const std::string& value, uint64_t version, base::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto found = ids_.find({category, key});
  if (found == ids_.end() || records_.at(found->second).version != version)
    return absl::NotFoundError("no such record of this version");
  port::KvRecord& record = records_.at(found->second);
  record.value = value;
  record.version += 1;
  record.update_time = now;
  return absl::OkStatus();
}

absl::Status MemoryKv::DeleteKv(const std::string& category, const std::string& key) {
  absl::MutexLock lock(&mutex_);
  const auto found = ids_.find({category, key});
  if (found == ids_.end()) return absl::NotFoundError("no such record");
  records_.erase(found->second);
  ids_.erase(found);
  return absl::OkStatus();
}

}  // namespace saga::adapter
