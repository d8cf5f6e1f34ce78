#pragma once

#include "orchestrator/port/entropy.h"

namespace saga::adapter {

// Chance from a generator per thread, each started from the kernel's random pool: no lock, no
// system call per number. Numbers of two threads, or of two processes, have nothing to do with each
// other. Good for gids and jitter, not for secrets. Thread-safe.
class SystemEntropy final : public port::Entropy {
 public:
  uint64_t Next() override;
};

}  // namespace saga::adapter
