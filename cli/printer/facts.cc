#include "cli/printer/facts.h"

#include "absl/strings/str_cat.h"

namespace saga::cli {

namespace {

constexpr size_t kNameColumn = 13;

}  // namespace

void Facts::Add(const std::string& name, const std::string& value) {
  if (value.empty()) return;
  const size_t blanks = name.size() < kNameColumn ? kNameColumn - name.size() : 1;
  absl::StrAppend(&text_, name, std::string(blanks, ' '), value, "\n");
}

}  // namespace saga::cli
