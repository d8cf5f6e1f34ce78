#pragma once

#include <string>
#include <vector>

namespace saga::cli {

// Columns as wide as their widest cell, two blanks between them; nothing is cut. Widths count what
// a terminal shows, not bytes.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace saga::cli
