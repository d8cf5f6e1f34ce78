#include "cli/printer/diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr size_t kContext = 3;
// Larger tables of lines by lines are not worth their memory: what differs is shown as replaced.
constexpr size_t kLargestTable = 4'000'000;

using Lines = std::vector<std::string>;

// ' ' both have it, '-' only before, '+' only after.
struct Edit {
  char sign;
  const std::string* line;
};

Lines Split(const std::string& text) {
  Lines lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// The shortest way between the lines from `begin` on, up to the given ends: by the longest common
// subsequence.
void Middle(const Lines& a, const Lines& b, size_t begin, size_t a_end, size_t b_end,
            std::vector<Edit>& edits) {
  const size_t rows = a_end - begin;
  const size_t columns = b_end - begin;
  const bool small = rows == 0 || columns <= kLargestTable / (rows + 1);
  // common[i][j]: how many lines the rests of both from i and j on have in common.
  std::vector<uint32_t> common(small ? (rows + 1) * (columns + 1) : 0);
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return common[i * (columns + 1) + j]; };
  for (size_t i = small ? rows : 0; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      at(i, j) = a[begin + i] == b[begin + j] ? at(i + 1, j + 1) + 1
                                              : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < rows || j < columns) {
    if (small && i < rows && j < columns && a[begin + i] == b[begin + j]) {
      edits.push_back({' ', &a[begin + i]});
      ++i;
      ++j;
    } else if (i < rows && (j == columns || !small || at(i + 1, j) >= at(i, j + 1))) {
      edits.push_back({'-', &a[begin + i++]});
    } else {
      edits.push_back({'+', &b[begin + j++]});
    }
  }
}

std::vector<Edit> Edits(const Lines& a, const Lines& b) {
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  std::vector<Edit> edits;
  for (size_t i = 0; i < head; ++i) edits.push_back({' ', &a[i]});
  Middle(a, b, head, a.size() - tail, b.size() - tail, edits);
  for (size_t i = a.size() - tail; i < a.size(); ++i) edits.push_back({' ', &a[i]});
  return edits;
}

std::string Painted(const Edit& edit) {
  const std::string line = absl::StrCat(std::string(1, edit.sign), *edit.line);
  if (edit.sign == ' ') return line;
  return Paint(line, edit.sign == '+' ? Colour::kGood : Colour::kBad);
}

// Where a range of lines begins and how many there are, as diff writes it.
std::string Range(size_t before, size_t count) {
  return absl::StrCat(count == 0 ? before : before + 1, count == 1 ? "" : absl::StrCat(",", count));
}

}  // namespace

std::string UnifiedDiff(const std::string& before, const std::string& after) {
  const Lines a = Split(before);
  const Lines b = Split(after);
  const std::vector<Edit> edits = Edits(a, b);
  std::string text;
  size_t a_line = 0;  // lines of each that came before edits[i]
  size_t b_line = 0;
  for (size_t i = 0; i < edits.size();) {
    if (edits[i].sign == ' ') {
      ++i, ++a_line, ++b_line;
      continue;
    }
    // A hunk ends where more is unchanged than two contexts take.
    size_t end = i;
    for (size_t j = i, same = 0; j < edits.size() && same <= 2 * kContext; ++j) {
      same = edits[j].sign == ' ' ? same + 1 : 0;
      if (same == 0) end = j + 1;
    }
    const size_t lead = std::min({kContext, i, a_line});
    const size_t begin = i - lead;
    const size_t stop = std::min(end + kContext, edits.size());
    size_t a_count = 0;
    size_t b_count = 0;
    std::string lines;
    for (size_t j = begin; j < stop; ++j) {
      a_count += edits[j].sign != '+' ? 1 : 0;
      b_count += edits[j].sign != '-' ? 1 : 0;
      absl::StrAppend(&lines, Painted(edits[j]), "\n");
    }
    absl::StrAppend(&text, "@@ -", Range(a_line - lead, a_count), " +",
                    Range(b_line - lead, b_count), " @@\n", lines);
    a_line += a_count - lead;
    b_line += b_count - lead;
    i = stop;
  }
  return text;
}

}  // namespace saga::cli
