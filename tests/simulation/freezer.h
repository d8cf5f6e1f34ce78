#pragma once

// What a process that is stopped (SIGSTOP) does not do: it happens when it goes on.

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "tests/simulation/world.h"

namespace saga::simulation {

// Held by everything of its process, and by what is under way to it.
class Freezer {
 public:
  explicit Freezer(World* world) : world_(world) {}

  // Now, or when the process goes on, or never when it is dead.
  void Run(std::function<void()> what) {
    if (dead_) return;
    if (frozen_) {
      later_.push_back(std::move(what));
    } else {
      what();
    }
  }
  bool Frozen() const { return frozen_; }
  bool Dead() const { return dead_; }

  void Freeze() { frozen_ = true; }
  // Everything that came meanwhile comes now, in an order of its own.
  static void Thaw(const std::shared_ptr<Freezer>& self) {
    self->frozen_ = false;
    for (std::function<void()>& what : std::exchange(self->later_, {})) {
      self->world_->After(self->world_->Between(base::Micros(1), base::Millis(1)),
                          [self, what = std::move(what)] { self->Run(what); });
    }
  }
  void Die() {
    dead_ = true;
    later_.clear();
  }

 private:
  World* const world_;
  bool frozen_ = false;
  bool dead_ = false;
  std::deque<std::function<void()>> later_;
};

}  // namespace saga::simulation
