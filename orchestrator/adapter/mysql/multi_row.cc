#include "orchestrator/adapter/mysql/multi_row.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

namespace saga::adapter::mysql {

namespace {

constexpr size_t kAnyNumberUpTo = 32;
constexpr size_t kStepAbove = 8;

size_t RowsAtOnce(size_t left) {
  const size_t rows = std::min(left, kRowsPerInsert);
  return rows <= kAnyNumberUpTo ? rows : rows - rows % kStepAbove;
}

}  // namespace

std::string Marks(size_t count) {
  std::string marks;
  marks.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ",?";
  return marks;
}

absl::Status WriteRows(saga::mysql::Connection& session, absl::string_view head,
                       absl::string_view tail, int values, size_t count, const RowSizes& sizes,
                       absl::FunctionRef<void(saga::mysql::Statement&, size_t)> bind,
                       uint64_t* affected) {
  const std::string row = absl::StrCat("(", Marks(static_cast<size_t>(values)), ")");
  for (size_t first = 0; first < count;) {
    size_t rows = RowsAtOnce(count - first);
    size_t bytes = 0;
    for (size_t i = 0; i < rows; ++i) {
      bytes += sizes.of(first + i);
      if (i > 0 && bytes > sizes.packet) rows = RowsAtOnce(i);
    }
    std::string sql(head);
    for (size_t i = 0; i < rows; ++i) absl::StrAppend(&sql, i == 0 ? "" : ",", row);
    absl::StrAppend(&sql, tail);
    const auto statement = session.Prepared(sql);
    if (!statement.ok()) return statement.status();
    for (size_t i = 0; i < rows; ++i) bind(**statement, first + i);
    if (absl::Status run = (*statement)->Run(); !run.ok()) return run;
    if (affected != nullptr) *affected += (*statement)->Affected();
    first += rows;
  }
  return absl::OkStatus();
}

absl::Status ReadRows(saga::mysql::Connection& session, absl::string_view head,
                      absl::string_view tail, size_t count,
                      absl::FunctionRef<void(saga::mysql::Statement&, size_t)> bind,
                      absl::FunctionRef<void(const saga::mysql::Statement&)> read) {
  for (size_t first = 0; first < count;) {
    const size_t keys = std::min(count - first, kRowsPerStatement);
    const size_t marks = std::bit_ceil(keys);
    const auto statement = session.Prepared(absl::StrCat(head, "(", Marks(marks), ")", tail));
    if (!statement.ok()) return statement.status();
    for (size_t i = 0; i < marks; ++i) bind(**statement, first + std::min(i, keys - 1));
    if (absl::Status run = (*statement)->Run(); !run.ok()) return run;
    while ((*statement)->Next()) read(**statement);
    first += keys;
  }
  return absl::OkStatus();
}

}  // namespace saga::adapter::mysql
