#include "orchestrator/adapter/system/system_entropy.h"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

// xoshiro256++: 256 bits of state, so that gids of long-running processes do not meet.
class Generator {
 public:
  Generator() {
    auto* const out = reinterpret_cast<char*>(state_.data());
    size_t filled = 0;
    while (filled < sizeof(state_)) {
      const ssize_t got = ::getrandom(out + filled, sizeof(state_) - filled, 0);
      SAGA_CHECK(got > 0 || errno == EINTR);
      if (got > 0) filled += static_cast<size_t>(got);
    }
    state_[0] |= 1;  // the one state that the generator never leaves is all zeros
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace

uint64_t SystemEntropy::Next() {
  thread_local Generator generator;
  return generator.Next();
}

}  // namespace saga::adapter
