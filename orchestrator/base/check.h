#pragma once

// SAGA_CHECK(condition): a broken invariant stops the process, in release builds too. Going on with
// a state that should not exist could pay somebody twice; a stopped sagad is restarted and
// continues from what is stored. For conditions that a caller or the outside world can cause,
// return an absl::Status instead.

namespace saga::base {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace saga::base

#define SAGA_CHECK(condition)                                \
  (__builtin_expect(!!(condition), 1) ? static_cast<void>(0) \
                                      : ::saga::base::CheckFailed(#condition, __FILE__, __LINE__))
