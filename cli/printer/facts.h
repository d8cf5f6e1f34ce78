#pragma once

#include <string>

namespace saga::cli {

// What there is to say about one thing: a name and a value a line, the values one below the other.
class Facts {
 public:
  // An empty value says nothing and leaves the line out.
  void Add(const std::string& name, const std::string& value);
  const std::string& Text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace saga::cli
