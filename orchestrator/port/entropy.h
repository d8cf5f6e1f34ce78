#pragma once

#include <cstdint>

namespace saga::port {

// The only source of chance: jitter and new gids. Thread-safe.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual uint64_t Next() = 0;
};

}  // namespace saga::port
