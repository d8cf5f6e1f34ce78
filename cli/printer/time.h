#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace saga::cli {

enum class TimeStyle { kRelative, kIso };

// "2026-11-21T10:00:00.123456Z"; empty for 0, which means "never".
std::string IsoTime(int64_t micros);

// "3m ago", "in 12s"; "-" for 0.
std::string RelativeTime(int64_t micros, absl::Time now);

std::string ShowTime(int64_t micros, TimeStyle style, absl::Time now);

// A duration back from `now` ("10m") or an RFC 3339 time. False: it is neither.
bool ParseTimePoint(const std::string& text, absl::Time now, int64_t* micros);

}  // namespace saga::cli
