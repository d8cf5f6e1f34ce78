#pragma once

// "Did you mean ...?" for names that do not exist.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace saga::app {

// The known name that `unknown` was probably meant to be, or empty. In this order: the same name
// written another way (RetryInterval, retry-interval), the last part of exactly one known name
// (retry_interval for engine.retry_interval), the known name with the fewest differing letters, if
// those are few.
std::string ClosestName(absl::string_view unknown, const std::vector<std::string>& known);

}  // namespace saga::app
