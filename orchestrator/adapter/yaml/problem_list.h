#pragma once

// What is wrong with one file, collected while it is read, so that its author sees everything at
// once.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace saga::adapter {

class ProblemList {
 public:
  explicit ProblemList(std::string file) : file_(std::move(file)) {}

  // Remembers that the field `path` stands in `line` (from 1).
  void Place(const std::string& path, int line) { lines_[path] = line; }

  // "file:line: path: text", with the line of the field or, when the file does not have it, of what
  // it would be in.
  void Add(const std::string& path, const std::string& text) { AddAt(LineOf(path), path, text); }
  void AddAt(int line, const std::string& path, const std::string& text) {
    reported_.insert(path);
    texts_.emplace(line,
                   absl::StrCat(file_, ":", line, ": ", path, path.empty() ? "" : ": ", text));
  }

  // Whether `path`, or what it is in, was complained about already: one complaint per field is
  // enough.
  bool Has(std::string path) const {
    while (!reported_.contains(path)) {
      if (path.empty()) return false;
      path = Parent(path);
    }
    return true;
  }

  bool empty() const { return texts_.empty(); }
  // By line.
  std::vector<std::string> Take() {
    std::vector<std::string> texts;
    for (auto& [line, text] : texts_) texts.push_back(std::move(text));
    texts_.clear();
    return texts;
  }

 private:
  static std::string Parent(const std::string& path) {
    const size_t cut = path.find_last_of(".[");
    return cut == std::string::npos ? "" : path.substr(0, cut);
  }

  int LineOf(std::string path) const {
    while (true) {
      if (const auto found = lines_.find(path); found != lines_.end()) return found->second;
      if (path.empty()) return 1;
      path = Parent(path);
    }
  }

  std::string file_;
  std::map<std::string, int> lines_;
  std::set<std::string> reported_;
  std::multimap<int, std::string> texts_;
};

}  // namespace saga::adapter
