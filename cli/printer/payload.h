#pragma once

// Payloads of branches: whatever bytes a participant takes, most often JSON.

#include <string>

namespace saga::cli {

// Whether it is JSON. `problem`, when given, is told where it is not.
bool IsJson(const std::string& payload, std::string* problem = nullptr);

// Whether it is JSON that this program can read and write again with nothing lost: no number with
// more digits than a double has, no key twice in an object, not nested out of all measure.
bool IsRewritable(const std::string& payload);

// For a person's eyes, several lines, the last one ended: JSON indented, other text as it is, and
// anything else as a dump of its bytes. No control characters but line breaks.
std::string ShowPayload(const std::string& payload);

}  // namespace saga::cli
