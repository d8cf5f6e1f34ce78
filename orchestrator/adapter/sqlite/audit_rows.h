#pragma once

// Columns as they really are: SQLite keeps any value in any column, and what is read through a cast
// may look right.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/port/store_audit.h"

namespace saga::adapter::sqlite {

using OnFinding = absl::FunctionRef<void(const port::Finding&)>;

// What a column may hold: whole numbers from `min` to `max`.
struct ColumnRule {
  int column = 0;
  absl::string_view name;
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;
  bool is_enum = false;  // outside: "unknown_value", otherwise "value_out_of_range"
  bool optional = false;
};

// Findings of one subject; counts them.
class RowFindings {
 public:
  RowFindings(std::string subject, OnFinding on_finding)
      : subject_(std::move(subject)), on_finding_(on_finding) {}

  template <typename... Words>
  void Add(absl::string_view name, const Words&... words) {
    ++count_;
    on_finding_({.name = std::string(name), .subject = subject_, .text = absl::StrCat(words...)});
  }
  // Whether all rules hold; `where` names the row in texts.
  bool Check(const Statement& row, const std::vector<ColumnRule>& rules, absl::string_view where);

  const std::string& subject() const { return subject_; }
  int count() const { return count_; }

 private:
  const std::string subject_;
  const OnFinding on_finding_;
  int count_ = 0;
};

// A statement that is walked once from its first row to its last beside others, in the order of the
// owner's id in its first column.
class Cursor {
 public:
  // SQLITE_OK with the first row at hand, if there is one.
  int Open(const Connection& connection, absl::string_view sql);
  bool AtRow() const { return at_row_; }
  // To the next row.
  int Next();
  const Statement& row() const { return statement_; }

 private:
  Statement statement_;
  bool at_row_ = false;
};

}  // namespace saga::adapter::sqlite
