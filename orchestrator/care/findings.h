#pragma once

// Findings of one subject, as they are gathered.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/core/words.h"
#include "orchestrator/port/store_audit.h"

namespace saga::care {

// The core's words are standard views, which Abseil's are not here.
inline absl::string_view Piece(std::string_view word) { return {word.data(), word.size()}; }
template <typename Word>
const Word& Piece(const Word& word) {
  return word;
}

// Thread safety: none.
class Findings {
 public:
  explicit Findings(std::string subject) : subject_(std::move(subject)) {}

  template <typename... Words>
  void Add(absl::string_view name, const Words&... words) {
    found_.push_back(
        {.name = std::string(name), .subject = subject_, .text = absl::StrCat(Piece(words)...)});
  }
  bool empty() const { return found_.empty(); }
  std::vector<port::Finding> Take() { return std::move(found_); }

 private:
  const std::string subject_;
  std::vector<port::Finding> found_;
};

// "row 3 (02 action)".
inline std::string RowName(const core::GlobalTransaction& transaction, size_t row) {
  const core::Branch& branch = transaction.branches[row];
  return absl::StrCat("row ", row, " (", branch.branch_id, " ", Piece(WordOf(branch.op)), ")");
}

}  // namespace saga::care
