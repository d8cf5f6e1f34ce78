#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace saga::bench {

// How the participant treats its calls. Set before the servers start, but for the delay, which may
// change at any time. Thread-safe.
class Behaviour {
 public:
  // fail_rate: share of actions and tries (names containing "action" or "try") that answer "failed
  // for good". Second phases and compensations never fail: no server could end such a transaction.
  Behaviour(std::chrono::milliseconds delay, double fail_rate);

  enum class Treatment { kAnswer, kFail, kHang };
  // Names containing "hang" hang; letter case does not count.
  [[nodiscard]] Treatment Of(std::string_view method);

  [[nodiscard]] std::chrono::milliseconds Delay() const;
  void SetDelay(std::chrono::milliseconds delay);

 private:
  std::atomic<int64_t> delay_ms_;
  const double fail_rate_;
  std::atomic<uint64_t> failable_{0};  // calls so far that could have failed
};

}  // namespace saga::bench
