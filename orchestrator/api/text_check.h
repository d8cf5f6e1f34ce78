#pragma once

// Checks of texts that more than one call takes, and the words that refuse them. Pure functions,
// thread-safe.

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace saga::api {

// InvalidArgument when `got` bytes are more than `limit`; `name` is the limit's, `advice` says what
// to do instead.
absl::Status CheckLength(absl::string_view what, size_t got, size_t limit, absl::string_view name,
                         absl::string_view advice);

bool HasControl(absl::string_view text);

}  // namespace saga::api
