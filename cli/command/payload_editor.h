#pragma once

#include <string>

namespace saga::cli {

// Opens `text` in $EDITOR and takes over what was saved; the file, which is only the user's to
// read, stays where `file` says. What went wrong; empty: nothing.
std::string EditText(std::string* text, std::string* file);

}  // namespace saga::cli
