#pragma once

#include <string>

namespace saga::cli {

// Replaces `text` by what is in the file; `-` is standard input. False: complained what is wrong.
bool ReadFile(const std::string& name, std::string* text);

}  // namespace saga::cli
