#pragma once

// What the filter language knows: its fields, and what each can be compared with.

#include <cstdint>
#include <span>
#include <string_view>

#include "orchestrator/core/filter.h"

namespace saga::core {

// What a field's values are.
enum class ValueKind : uint8_t {
  kWord,   // one of a fixed set
  kText,   // anything
  kCount,  // a number from 0
  kAge,    // a duration
};

struct FieldWords {
  Field field;
  std::string_view name;
  ValueKind kind;
  std::span<const std::string_view> values;  // of a kWord
};

// All fields that a filter about transactions and dead letters may have; and one about
// destinations.
std::span<const FieldWords> TransactionFields();
std::span<const FieldWords> DestinationFields();

std::string_view SignOf(Comparison comparison);
// Which comparisons go with values of a kind.
std::span<const Comparison> ComparisonsOf(ValueKind kind);

}  // namespace saga::core
