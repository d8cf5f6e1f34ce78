#pragma once

// Hands out work so that what has the same key is done one after the other, in the order it came,
// and different keys at the same time. Keys take turns.
//
//   schedule.Add("order-1", work);
//   std::optional<Scheduled<Work>> next = schedule.Next();
//   ...                                // nothing else of next->key is handed out meanwhile
//   schedule.Done(next->key);
//
// Pure bookkeeping. Thread safety: none.

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "orchestrator/base/check.h"

namespace saga::participants::sdk {

template <typename Work>
struct Scheduled {
  std::string key;
  Work work;
};

template <typename Work>
class KeySchedule {
 public:
  void Add(const std::string& key, Work work) {
    const auto [lane, fresh] = lanes_.try_emplace(key);
    if (fresh) ready_.push_back(key);
    lane->second.push_back(std::move(work));
    ++waiting_;
  }

  // The oldest work of the key whose turn it is; nothing when every key with work is busy.
  std::optional<Scheduled<Work>> Next() {
    if (ready_.empty()) return std::nullopt;
    Scheduled<Work> next{std::move(ready_.front()), {}};
    ready_.pop_front();
    std::deque<Work>& lane = lanes_.find(next.key)->second;
    next.work = std::move(lane.front());
    lane.pop_front();
    --waiting_;
    ++running_;
    return next;
  }

  // What Next handed out for `key` is done.
  void Done(const std::string& key) {
    const auto lane = lanes_.find(key);
    SAGA_CHECK(lane != lanes_.end() && running_ > 0);
    --running_;
    if (lane->second.empty()) {
      lanes_.erase(lane);
    } else {
      ready_.push_back(key);
    }
  }

  // Forgets all work that was not handed out. What was is still to be told Done.
  void Clear() {
    for (const std::string& key : ready_) lanes_.erase(key);
    ready_.clear();
    for (auto& [key, lane] : lanes_) lane.clear();
    waiting_ = 0;
  }

  // Whether Next would hand something out.
  bool ready() const { return !ready_.empty(); }
  size_t waiting() const { return waiting_; }
  size_t running() const { return running_; }

 private:
  // A key has a lane while it has work that waits or runs, and stands in ready_ when none runs.
  std::map<std::string, std::deque<Work>> lanes_;
  std::deque<std::string> ready_;
  size_t waiting_ = 0;
  size_t running_ = 0;
};

}  // namespace saga::participants::sdk
