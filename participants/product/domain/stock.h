#pragma once

// The rules of stock, without a database: what a change must look like, in which order its rows are
// touched, and what an order may still do given what it did before.
//
// The rules about an order (business.md, pain 17 and 19, turned around):
//   - Its stock leaves the house at most once: by a deduction that was not restored, or by a
//   reservation.
//   - What is undone or confirmed is what the journal says was taken or frozen, not what the
//   request says.
//   - A repeat of the same change under the same gid changes nothing and is done.
//
// Thread safety: values and free functions, no shared state.

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::product::domain {

inline constexpr size_t kMaxLines = 1000;
inline constexpr int64_t kMaxPieces =
    1'000'000'000'000;  // of one product and size, and of one line

struct Line {
  int64_t product_id = 0;
  int64_t size_id = 0;
  int64_t quantity = 0;

  auto operator<=>(const Line&) const = default;
};

struct Change {
  int64_t order_id = 0;
  std::vector<Line> lines;
};

// Checks a change and sorts its lines by product and size: two orders for the same two products
// then touch the rows in the same order, and neither waits for the other. FailedForGood says what
// is wrong.
sdk::Outcome Arrange(Change& change);

enum class Kind { kDeduct, kRestore, kFreeze, kConfirm, kThaw };

// "deduct", "restore", "freeze", "confirm", "thaw": as stored in the journal.
absl::string_view Name(Kind kind);
absl::StatusOr<Kind> KindOf(absl::string_view name);

// What an order did: one entry per kind.
struct JournalEntry {
  Kind kind = Kind::kDeduct;
  std::string gid;
  std::vector<Line> lines;
};

struct Ruling {
  enum class Verdict { kApply, kNothingToDo, kRefuse };
  Verdict verdict = Verdict::kRefuse;
  std::vector<Line> lines;  // of kApply: what to change
  sdk::Outcome refusal = sdk::Outcome::Done();
};

// Whether `gid` may do `kind` for this order, given its journal.
Ruling Decide(Kind kind, const Change& change, const std::string& gid,
              const std::vector<JournalEntry>& journal);

// "out of stock: product 7 size 1: wanted 5, free 2".
std::string OutOfStock(const Line& line, int64_t free);
std::string UnknownProduct(const Line& line);

// "7/1:5,8/2:1" and back.
std::string FormatLines(const std::vector<Line>& lines);
absl::StatusOr<std::vector<Line>> ParseLines(absl::string_view text);

}  // namespace saga::participants::product::domain
