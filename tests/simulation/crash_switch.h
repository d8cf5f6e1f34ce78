#pragma once

#include <cstdint>

namespace saga::simulation {

// Where a process is to die next, inside of what it does there. Parts ask it as they come by; once
// it has happened they do nothing any more, and the simulation takes the process away.
class CrashSwitch {
 public:
  enum class Point : uint8_t { kNone, kCommit, kPublish, kRemove };

  void Arm(Point point) { armed_ = point; }
  // True: the process is dead.
  bool At(Point point) {
    happened_ = happened_ || (point == armed_ && point != Point::kNone);
    return happened_;
  }
  bool Happened() const { return happened_; }

 private:
  Point armed_ = Point::kNone;
  bool happened_ = false;
};

}  // namespace saga::simulation
