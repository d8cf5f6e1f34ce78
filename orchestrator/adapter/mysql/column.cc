#include "orchestrator/adapter/mysql/column.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "orchestrator/base/utf8.h"

namespace saga::adapter::mysql {

namespace {

constexpr int64_t kMicros = 1'000'000;

// How many characters `text` has; -1: it is no UTF-8 that MySQL takes.
int64_t Characters(absl::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    const size_t length = base::Utf8Length({text.data(), text.size()}, i);
    if (length == 0) return -1;
    i += length;
  }
  return count;
}

}  // namespace

size_t ColumnForm::Width(absl::string_view column) const {
  const auto found = widths.find(column);
  SAGA_CHECK(found != widths.end());
  return found->second;
}

absl::StatusOr<absl::TimeZone> ZoneOf(const std::string& name) {
  absl::TimeZone zone = absl::LocalTimeZone();
  if (name.empty() || absl::LoadTimeZone(name, &zone)) return zone;
  return absl::InvalidArgumentError(absl::StrCat("store.time_zone: no time zone \"", name,
                                                 "\" is known here; a name like Europe/Berlin or ",
                                                 "UTC is expected"));
}

std::string DateTimeOf(base::Time time, const absl::TimeZone& zone, bool micros) {
  if (!time.IsSet()) return "";
  const absl::Time point = absl::FromUnixMicros(time.micros);
  const absl::CivilSecond civil = absl::ToCivilSecond(point, zone);
  if (civil.year() < 1000 || civil.year() > 9999) return "";
  // By hand: absl::FormatTime costs as much as the rest of a record together.
  char text[32];
  int length = std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d",
                             static_cast<int>(civil.year()), civil.month(), civil.day(),
                             civil.hour(), civil.minute(), civil.second());
  if (micros) {
    const int64_t rest = ((time.micros % kMicros) + kMicros) % kMicros;
    length += std::snprintf(text + length, sizeof text - static_cast<size_t>(length), ".%06d",
                            static_cast<int>(rest));
  }
  return std::string(text, static_cast<size_t>(length));
}

base::Time TimeOf(absl::string_view datetime, const absl::TimeZone& zone) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  char fraction[7] = "";
  const std::string text(datetime);
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d %2d:%2d:%2d.%6[0-9]", &year, &month, &day,
                               &hour, &minute, &second, fraction);
  if (read < 6 || year == 0) return {};
  const absl::TimeZone::TimeInfo info =
      zone.At(absl::CivilSecond(year, month, day, hour, minute, second));
  int64_t micros = absl::ToUnixMicros(info.pre);
  if (read == 7) {
    int64_t scale = kMicros / 10;
    for (const char* digit = fraction; *digit != '\0'; ++digit, scale /= 10)
      micros += (*digit - '0') * scale;
  }
  return base::Time{micros};
}

bool Fits(absl::string_view text, size_t width) {
  const int64_t characters = Characters(text);
  return characters >= 0 && static_cast<size_t>(characters) <= width;
}

std::string Shortened(absl::string_view text, size_t width) {
  std::string out;
  size_t characters = 0;
  for (size_t i = 0; i < text.size() && characters < width; ++characters) {
    const size_t length = base::Utf8Length({text.data(), text.size()}, i);
    if (length == 0) {
      out.push_back('?');
      ++i;
    } else {
      absl::StrAppend(&out, text.substr(i, length));
      i += length;
    }
  }
  return out;
}

}  // namespace saga::adapter::mysql
