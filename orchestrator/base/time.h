#pragma once

// Points in time and lengths of time as plain numbers of microseconds.
//
// The core may not know a clock, so these types have no now(): a time comes in through port/clock.h
// and is passed along. Times are wall-clock (they are stored and survive a restart), microseconds
// since the Unix epoch.

#include <compare>
#include <cstdint>

namespace saga::base {

struct Duration {
  int64_t micros = 0;

  constexpr auto operator<=>(const Duration&) const = default;
};

constexpr Duration Micros(int64_t n) { return Duration{n}; }
constexpr Duration Millis(int64_t n) { return Duration{n * 1000}; }
constexpr Duration Seconds(int64_t n) { return Duration{n * 1000 * 1000}; }

struct Time {
  int64_t micros = 0;  // 0 means "no time": never happened, not planned

  constexpr auto operator<=>(const Time&) const = default;
  constexpr bool IsSet() const { return micros != 0; }
};

// Later than anything: "without an outside event, never".
inline constexpr Time kNever{INT64_MAX};

constexpr Time operator+(Time t, Duration d) {
  return d.micros > 0 && t.micros > INT64_MAX - d.micros ? kNever : Time{t.micros + d.micros};
}
constexpr Time operator-(Time t, Duration d) { return Time{t.micros - d.micros}; }
constexpr Duration operator-(Time a, Time b) { return Duration{a.micros - b.micros}; }
constexpr Duration operator+(Duration a, Duration b) { return Duration{a.micros + b.micros}; }
constexpr Duration operator-(Duration a, Duration b) { return Duration{a.micros - b.micros}; }

}  // namespace saga::base
