// The entry that libFuzzer calls. SAGA_FUZZ_TARGET names the target that this program is of.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "orchestrator/base/check.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const saga::fuzz::Target* const target = [] {
    const saga::fuzz::Target* found = nullptr;
    for (const saga::fuzz::Target& each : saga::fuzz::AllTargets()) {
      if (each.name == SAGA_FUZZ_TARGET) found = &each;
    }
    SAGA_CHECK(found != nullptr);
    return found;
  }();
  target->run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
