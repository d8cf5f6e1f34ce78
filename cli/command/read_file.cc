#include "cli/command/read_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

bool ReadFile(const std::string& name, std::string* text) {
  std::ifstream file;
  if (name != "-") {
    file.open(name, std::ios::binary);
    if (!file) {
      Complain(absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
      return false;
    }
  }
  std::istream& in = name == "-" ? std::cin : file;
  text->clear();
  // Unlike an iterator, read() does not throw when reading fails, as a directory's does.
  std::array<char, 65536> block;
  do {
    in.read(block.data(), block.size());
    text->append(block.data(), static_cast<size_t>(in.gcount()));
  } while (in);
  if (in.bad()) {
    Complain(absl::StrCat("cannot read ", name));
    return false;
  }
  return true;
}

}  // namespace saga::cli
