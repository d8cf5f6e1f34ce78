#pragma once

// From the text of a filter to its tree, for the fields that the caller has.

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/filter_words.h"

namespace saga::core {

// As ParseFilter in filter.h, with its errors.
absl::StatusOr<Filter> ParseFilterAbout(std::span<const FieldWords> fields, std::string_view text);

}  // namespace saga::core
