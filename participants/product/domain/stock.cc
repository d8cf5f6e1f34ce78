#include "participants/product/domain/stock.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace saga::participants::product::domain {
namespace {

using sdk::Outcome;

constexpr std::array kKinds = {Kind::kDeduct, Kind::kRestore, Kind::kFreeze, Kind::kConfirm,
                               Kind::kThaw};

std::string NameOf(const Line& line) {
  return absl::StrCat("product ", line.product_id, " size ", line.size_id);
}

const JournalEntry* Find(const std::vector<JournalEntry>& journal, Kind kind) {
  const auto found = std::find_if(journal.begin(), journal.end(),
                                  [&](const auto& entry) { return entry.kind == kind; });
  return found == journal.end() ? nullptr : &*found;
}

Ruling Apply(std::vector<Line> lines) {
  return {.verdict = Ruling::Verdict::kApply, .lines = std::move(lines)};
}

Ruling NothingToDo() { return {.verdict = Ruling::Verdict::kNothingToDo}; }

Ruling Refuse(const Change& change, absl::string_view what, const std::string& gid) {
  return {.refusal = Outcome::FailedForGood(
              absl::StrCat("order ", change.order_id, " ", what, " by ", gid))};
}

// An undo or a confirm whose first half is not in the journal. The barrier lets neither through, so
// something is wrong with the data, and calling it a success would lose stock.
Ruling Missing(const Change& change, Kind kind, Kind first) {
  return {.refusal =
              Outcome::Unknown(absl::StrCat("order ", change.order_id, ": ", Name(kind),
                                            " without ", Name(first), " of the same transaction"))};
}

// Taking stock out or freezing it: the first half.
Ruling DecideTake(Kind kind, const Change& change, const std::string& gid,
                  const std::vector<JournalEntry>& journal) {
  if (const JournalEntry* before = Find(journal, kind); before != nullptr) {
    if (before->gid == gid && before->lines == change.lines) return NothingToDo();
    return Refuse(change, kind == Kind::kDeduct ? "already deducted" : "already frozen",
                  before->gid);
  }
  const JournalEntry* deduct = Find(journal, Kind::kDeduct);
  if (deduct != nullptr && Find(journal, Kind::kRestore) == nullptr) {
    return Refuse(change, "already deducted", deduct->gid);
  }
  const JournalEntry* freeze = Find(journal, Kind::kFreeze);
  if (freeze != nullptr && Find(journal, Kind::kThaw) == nullptr) {
    const bool confirmed = Find(journal, Kind::kConfirm) != nullptr;
    return Refuse(change, confirmed ? "already deducted" : "already frozen", freeze->gid);
  }
  return Apply(change.lines);
}

// Undoing or confirming: the second half of `first`, which excludes `other`.
Ruling DecideFinish(Kind kind, Kind first, Kind other, const Change& change, const std::string& gid,
                    const std::vector<JournalEntry>& journal) {
  if (const JournalEntry* before = Find(journal, kind); before != nullptr && before->gid == gid)
    return NothingToDo();
  const JournalEntry* taken = Find(journal, first);
  if (taken == nullptr || taken->gid != gid) return Missing(change, kind, first);
  if (const JournalEntry* instead = Find(journal, other); instead != nullptr && other != kind) {
    return Refuse(change, other == Kind::kThaw ? "already thawed" : "already confirmed",
                  instead->gid);
  }
  return Apply(taken->lines);
}

}  // namespace

Outcome Arrange(Change& change) {
  if (change.order_id <= 0) return Outcome::FailedForGood("order_id is missing");
  if (change.lines.empty())
    return Outcome::FailedForGood(absl::StrCat("order ", change.order_id, " has no items"));
  if (change.lines.size() > kMaxLines) {
    return Outcome::FailedForGood(absl::StrCat("order ", change.order_id, " has ",
                                               change.lines.size(), " items, at most ", kMaxLines,
                                               " are allowed"));
  }
  for (const Line& line : change.lines) {
    if (line.quantity < 1 || line.quantity > kMaxPieces) {
      return Outcome::FailedForGood(
          absl::StrCat(NameOf(line), ": quantity is ", line.quantity, ", not 1 to ", kMaxPieces));
    }
  }
  std::sort(change.lines.begin(), change.lines.end());
  const auto same = [](const Line& a, const Line& b) {
    return a.product_id == b.product_id && a.size_id == b.size_id;
  };
  const auto twice = std::adjacent_find(change.lines.begin(), change.lines.end(), same);
  if (twice != change.lines.end())
    return Outcome::FailedForGood(absl::StrCat(NameOf(*twice), " is listed twice"));
  return Outcome::Done();
}

absl::string_view Name(Kind kind) {
  switch (kind) {
    case Kind::kDeduct:
      return "deduct";
    case Kind::kRestore:
      return "restore";
    case Kind::kFreeze:
      return "freeze";
    case Kind::kConfirm:
      return "confirm";
    case Kind::kThaw:
      return "thaw";
  }
  return "";
}

absl::StatusOr<Kind> KindOf(absl::string_view name) {
  for (const Kind kind : kKinds) {
    if (Name(kind) == name) return kind;
  }
  return absl::DataLossError(absl::StrCat("journal: unknown kind '", name, "'"));
}

Ruling Decide(Kind kind, const Change& change, const std::string& gid,
              const std::vector<JournalEntry>& journal) {
  switch (kind) {
    case Kind::kDeduct:
    case Kind::kFreeze:
      return DecideTake(kind, change, gid, journal);
    case Kind::kRestore:
      return DecideFinish(kind, Kind::kDeduct, Kind::kRestore, change, gid, journal);
    case Kind::kConfirm:
      return DecideFinish(kind, Kind::kFreeze, Kind::kThaw, change, gid, journal);
    case Kind::kThaw:
      return DecideFinish(kind, Kind::kFreeze, Kind::kConfirm, change, gid, journal);
  }
  return Missing(change, kind, kind);
}

std::string OutOfStock(const Line& line, int64_t free) {
  return absl::StrCat("out of stock: ", NameOf(line), ": wanted ", line.quantity, ", free ", free);
}

std::string UnknownProduct(const Line& line) {
  return absl::StrCat("unknown product: ", NameOf(line));
}

std::string FormatLines(const std::vector<Line>& lines) {
  return absl::StrJoin(lines, ",", [](std::string* out, const Line& line) {
    absl::StrAppend(out, line.product_id, "/", line.size_id, ":", line.quantity);
  });
}

absl::StatusOr<std::vector<Line>> ParseLines(absl::string_view text) {
  std::vector<Line> lines;
  for (const absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, absl::ByAnyChar("/:"));
    Line line;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &line.product_id) ||
        !absl::SimpleAtoi(parts[1], &line.size_id) || !absl::SimpleAtoi(parts[2], &line.quantity)) {
      return absl::DataLossError(absl::StrCat("journal: '", text, "' is not a list of items"));
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace saga::participants::product::domain
