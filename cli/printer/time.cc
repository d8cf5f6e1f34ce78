#include "cli/printer/time.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace saga::cli {

namespace {

// One unit is enough for a glance: 90 s are "1m".
std::string Short(absl::Duration duration) {
  if (duration < absl::Seconds(1)) return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
  if (duration < absl::Minutes(1)) return absl::StrCat(absl::ToInt64Seconds(duration), "s");
  if (duration < absl::Hours(1)) return absl::StrCat(absl::ToInt64Minutes(duration), "m");
  if (duration < absl::Hours(48)) return absl::StrCat(absl::ToInt64Hours(duration), "h");
  return absl::StrCat(absl::ToInt64Hours(duration) / 24, "d");
}

}  // namespace

std::string IsoTime(int64_t micros) {
  if (micros == 0) return "";
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", absl::FromUnixMicros(micros),
                          absl::UTCTimeZone());
}

std::string RelativeTime(int64_t micros, absl::Time now) {
  if (micros == 0) return "-";
  const absl::Time time = absl::FromUnixMicros(micros);
  if (time > now) return absl::StrCat("in ", Short(time - now));
  return absl::StrCat(Short(now - time), " ago");
}

std::string ShowTime(int64_t micros, TimeStyle style, absl::Time now) {
  if (style == TimeStyle::kRelative) return RelativeTime(micros, now);
  return micros == 0 ? "-" : IsoTime(micros);
}

bool ParseTimePoint(const std::string& text, absl::Time now, int64_t* micros) {
  absl::Duration back;
  if (absl::ParseDuration(text, &back) && back >= absl::ZeroDuration() &&
      back != absl::InfiniteDuration()) {
    // 0 would mean "open", and the server knows no time before the epoch.
    *micros = std::max<int64_t>(1, absl::ToUnixMicros(now - back));
    return true;
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return false;
  *micros = absl::ToUnixMicros(time);
  // Abseil also reads "infinite-past" and its like.
  return *micros > 0 && time != absl::InfiniteFuture();
}

}  // namespace saga::cli
