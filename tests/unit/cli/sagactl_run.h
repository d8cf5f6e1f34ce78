#pragma once

// sagactl in this process, as a function.

#include <string>
#include <vector>

namespace saga::cli {

struct Ran {
  int exit_code;
  std::string out;
  std::string err;
};

// `server` may be empty: for what needs none.
Ran RunSagactl(std::vector<std::string> words, const std::string& server = "");

}  // namespace saga::cli
