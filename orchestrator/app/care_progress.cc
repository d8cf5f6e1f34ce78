#include "orchestrator/app/care_progress.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace saga::app {

void CareProgress::operator()(uint64_t done, uint64_t all) const {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::seconds(1)) return;
  last_ = now;
  const std::string amount = bytes_ ? SizeText(done) : absl::StrFormat("%u transactions", done);
  if (all == 0) {
    std::fprintf(stderr, "sagad: %s: %s\n", what_.c_str(), amount.c_str());
    return;
  }
  const auto percent = static_cast<unsigned>(std::min<uint64_t>(100, done * 100 / all));
  std::fprintf(stderr, "sagad: %s: %u %%, %s\n", what_.c_str(), percent, amount.c_str());
}

std::string SizeText(uint64_t bytes) {
  constexpr uint64_t kKib = 1024;
  if (bytes < 1024 * kKib) return absl::StrFormat("%u KiB", (bytes + kKib - 1) / kKib);
  const double mib = static_cast<double>(bytes) / (1024 * 1024);
  return mib < 10       ? absl::StrFormat("%.1f MiB", mib)
         : mib < 10'240 ? absl::StrFormat("%.0f MiB", mib)
                        : absl::StrFormat("%.1f GiB", mib / 1024);
}

}  // namespace saga::app
