#pragma once

// The payload mapping of a step, and the places in the input it and the key name.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/yaml/problem_list.h"
#include "orchestrator/core/definition.h"

namespace YAML {
class Node;
}  // namespace YAML

namespace saga::adapter {

// What a scalar is, by the rules of YAML 1.2: quoted is a string, plain is what it looks like.
enum class ScalarKind : uint8_t { kNull, kBool, kNumber, kString };
ScalarKind KindOf(const YAML::Node& scalar);

// "$input.order.items" -> {"order", "items"}; "$input" -> {}. InvalidArgument for anything else.
absl::StatusOr<std::vector<std::string>> ParseInputPath(const std::string& text);

// Reads `node`, which stands at `path`. Reports to `problems` and returns nothing when something is
// wrong.
std::optional<core::PayloadValue> ReadPayload(const YAML::Node& node, const std::string& path,
                                              ProblemList& problems);

}  // namespace saga::adapter
