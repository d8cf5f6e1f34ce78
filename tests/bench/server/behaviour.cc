#include "tests/bench/server/behaviour.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"

namespace saga::bench {
namespace {

bool Contains(std::string_view text, std::string_view lower_case_part) {
  return std::search(text.begin(), text.end(), lower_case_part.begin(), lower_case_part.end(),
                     [](char a, char b) {
                       return absl::ascii_tolower(static_cast<unsigned char>(a)) == b;
                     }) != text.end();
}

}  // namespace

Behaviour::Behaviour(std::chrono::milliseconds delay, double fail_rate)
    : delay_ms_(delay.count()), fail_rate_(fail_rate) {}

Behaviour::Treatment Behaviour::Of(std::string_view method) {
  if (Contains(method, "hang")) return Treatment::kHang;
  if (fail_rate_ <= 0 || !(Contains(method, "action") || Contains(method, "/try"))) {
    return Treatment::kAnswer;
  }
  // Spread evenly instead of at random, so that two servers meet the very same share.
  const double before = static_cast<double>(failable_.fetch_add(1));
  const bool fails = std::floor((before + 1) * fail_rate_) > std::floor(before * fail_rate_);
  return fails ? Treatment::kFail : Treatment::kAnswer;
}

std::chrono::milliseconds Behaviour::Delay() const {
  return std::chrono::milliseconds(delay_ms_.load(std::memory_order_relaxed));
}

void Behaviour::SetDelay(std::chrono::milliseconds delay) { delay_ms_.store(delay.count()); }

}  // namespace saga::bench
