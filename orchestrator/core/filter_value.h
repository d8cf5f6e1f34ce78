#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "orchestrator/core/filter.h"
#include "orchestrator/core/filter_words.h"

namespace saga::core {

// Takes `text` as the value of a condition about `words`' field: sets its text and number. What is
// wrong with the value and what is allowed instead; empty: nothing.
std::string SetValue(const FieldWords& words, std::string text, Filter& condition);

// The pieces of a message as one text.
std::string Joined(std::initializer_list<std::string_view> pieces);

// The values in one line, for error messages: "a, b, c".
std::string Listed(std::span<const std::string_view> values);

// `; did you mean "state"?` when one of `known` is near to `word`; otherwise empty.
std::string NearestOf(std::string_view word, std::span<const std::string_view> known);

// A piece of the operator's text for an error message, in quotes; long ones are cut.
std::string Quote(std::string_view text);

}  // namespace saga::core
