#pragma once

// Another payload for a dead letter.

#include <string>
#include <vector>

namespace saga::cli {

// Why `after` cannot take the place of `before`: what was JSON stays JSON. Empty: it can.
std::string PayloadProblem(const std::string& before, const std::string& after);

// `payload` with each of `assignments` made, in order: PATH=VALUE, where PATH is names and numbers
// with dots between them ("items.0.quantity") or a JSON pointer ("/items/0/quantity"), and VALUE is
// JSON, or else a text. All but the last name of a path must exist. What is wrong; empty: nothing.
std::string SetValues(const std::vector<std::string>& assignments, std::string* payload);

}  // namespace saga::cli
