#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace saga::simulation {

void World::At(base::Time when, std::function<void()> what) {
  planned_.push({std::max(when, now_), ++sequence_, std::move(what)});
}

bool World::RunUntil(base::Time until, const std::function<bool()>& stop) {
  while (!planned_.empty() && planned_.top().when <= until) {
    Planned next = planned_.top();
    planned_.pop();
    now_ = next.when;
    next.what();
    if (stop()) return false;
  }
  now_ = std::max(now_, until);
  return true;
}

void World::Log(const std::string& line) {
  const std::string stamped = std::to_string(now_.micros - 1'700'000'000'000'000) + " " + line;
  for (const char c : stamped)
    fingerprint_ = (fingerprint_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  if (print_) std::printf("%s\n", stamped.c_str());
}

}  // namespace saga::simulation
