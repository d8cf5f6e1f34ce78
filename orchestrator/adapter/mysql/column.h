#pragma once

// How values stand in DTM's columns: times as DATETIME of a place's local time without a zone,
// enums as DTM's words, texts of a limited length (protocol 7.1).

#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/words.h"

namespace saga::adapter::mysql {

// What this database's columns are like: read once, when the store is opened.
struct ColumnForm {
  // Of the times in DTM's tables: that of the machine DTM runs on (store.time_zone).
  absl::TimeZone zone = absl::LocalTimeZone();
  // Characters, or bytes of a binary column, that "table.column" takes.
  absl::flat_hash_map<std::string, size_t> widths;

  size_t Width(absl::string_view column) const;
};

// The zone of the times in DTM's tables (store.time_zone); empty: this machine's. InvalidArgument:
// there is none of that name.
absl::StatusOr<absl::TimeZone> ZoneOf(const std::string& name);

// "2026-11-21 19:47:02" or, with `micros`, "2026-11-21 19:47:02.000123"; empty for a time that is
// unset or not between the years 1000 and 9999: the column is NULL then.
std::string DateTimeOf(base::Time time, const absl::TimeZone& zone, bool micros = false);
// Unset for an empty text. A local time that clocks showed twice is the earlier one.
base::Time TimeOf(absl::string_view datetime, const absl::TimeZone& zone);

// Whether a text column of `width` characters gives back exactly `text`.
bool Fits(absl::string_view text, size_t width);
// The longest beginning that fits, with bytes that are no UTF-8 replaced by '?'.
std::string Shortened(absl::string_view text, size_t width);

// What the word of a column names; false when there is no such word.
template <typename Enum>
bool ReadWord(absl::string_view word, Enum* value) {
  const std::optional<Enum> found = core::FromWord<Enum>({word.data(), word.size()});
  if (found.has_value()) *value = *found;
  return found.has_value();
}

}  // namespace saga::adapter::mysql
