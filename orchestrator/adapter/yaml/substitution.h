#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace saga::adapter {

// Looks a name up; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// The environment of this process.
Environment ProcessEnvironment();

// Replaces every ${NAME} and ${NAME:-default} in `text`. The default counts when NAME is unset or
// empty, as in a shell. A NAME consists of letters, digits and '_' and does not begin with a digit.
// InvalidArgument: a NAME without value and default, a bad NAME, or a "${" that is not closed.
absl::StatusOr<std::string> Substitute(const std::string& text, const Environment& environment);

}  // namespace saga::adapter
