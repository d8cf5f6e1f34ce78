#include "orchestrator/core/filter.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/destination_filter.h"
#include "orchestrator/core/filter_parser.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"

namespace saga::core {

namespace {

bool Contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
           absl::ascii_tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end() ||
         part.empty();
}

bool TextHolds(const Filter& condition, std::string_view value) {
  switch (condition.comparison) {
    case Comparison::kEqual:
      return value == condition.text;
    case Comparison::kNotEqual:
      return value != condition.text;
    case Comparison::kContains:
      return Contains(value, condition.text);
    case Comparison::kLacks:
      return !Contains(value, condition.text);
    case Comparison::kLess:
    case Comparison::kLessOrEqual:
    case Comparison::kGreater:
    case Comparison::kGreaterOrEqual:
      break;
  }
  return false;
}

bool NumberHolds(const Filter& condition, int64_t value) {
  switch (condition.comparison) {
    case Comparison::kEqual:
      return value == condition.number;
    case Comparison::kNotEqual:
      return value != condition.number;
    case Comparison::kLess:
      return value < condition.number;
    case Comparison::kLessOrEqual:
      return value <= condition.number;
    case Comparison::kGreater:
      return value > condition.number;
    case Comparison::kGreaterOrEqual:
      return value >= condition.number;
    case Comparison::kContains:
    case Comparison::kLacks:
      break;
  }
  return false;
}

bool StateHolds(const Filter& condition, Status status) {
  bool same = WordOf(status) == condition.text;
  if (condition.text == "open") same = !IsFinal(status);
  if (condition.text == "ended") same = IsFinal(status);
  return same == (condition.comparison == Comparison::kEqual);
}

bool BranchHolds(const Filter& condition, const Branch& branch) {
  switch (condition.field) {
    case Field::kDest:
      return TextHolds(condition, DestinationOf(branch.target));
    case Field::kOp:
      return TextHolds(condition, WordOf(branch.op));
    case Field::kBranch:
      return TextHolds(condition, branch.branch_id);
    case Field::kAttempts:
      return NumberHolds(condition, branch.attempts);
    case Field::kError:
      return TextHolds(condition, branch.last_error);
    case Field::kFingerprint:
      return TextHolds(condition, FingerprintOf(branch.last_error));
    case Field::kDead:
      return TextHolds(condition, branch.dead != DeadReason::kNone ? "yes" : "no");
    case Field::kState:
    case Field::kMode:
    case Field::kGid:
    case Field::kDefinition:
    case Field::kAge:
    case Field::kReason:
      break;
  }
  return false;
}

// What a condition is about: a transaction, or with `row` one of its dead letters.
struct Subject {
  const GlobalTransaction& transaction;
  const Branch* row;
  base::Time now;
};

bool ConditionHolds(const Filter& condition, const Subject& about) {
  const GlobalTransaction& transaction = about.transaction;
  switch (condition.field) {
    case Field::kState:
      return StateHolds(condition, transaction.status);
    case Field::kMode:
      return TextHolds(condition, WordOf(transaction.mode));
    case Field::kGid:
      return TextHolds(condition, transaction.gid);
    case Field::kDefinition:
      return TextHolds(condition, transaction.definition);
    case Field::kAge: {
      const base::Time begin =
          about.row == nullptr ? transaction.create_time : about.row->dead_time;
      return NumberHolds(condition, (about.now - begin).micros);
    }
    case Field::kReason:
      return TextHolds(
          condition, about.row == nullptr ? transaction.rollback_reason : WordOf(about.row->dead));
    case Field::kDest:
    case Field::kOp:
    case Field::kBranch:
    case Field::kAttempts:
    case Field::kError:
    case Field::kFingerprint:
    case Field::kDead:
      break;
  }
  if (about.row != nullptr) return BranchHolds(condition, *about.row);
  return std::any_of(transaction.branches.begin(), transaction.branches.end(),
                     [&](const Branch& branch) { return BranchHolds(condition, branch); });
}

// `holds` says whether a condition does.
template <typename Holds>
bool TreeHolds(const Filter& filter, const Holds& holds) {
  const auto part = [&holds](const Filter& each) { return TreeHolds(each, holds); };
  switch (filter.kind) {
    case Filter::Kind::kAll:
      return true;
    case Filter::Kind::kAnd:
      return std::all_of(filter.parts.begin(), filter.parts.end(), part);
    case Filter::Kind::kOr:
      return std::any_of(filter.parts.begin(), filter.parts.end(), part);
    case Filter::Kind::kNot:
      return std::none_of(filter.parts.begin(), filter.parts.end(), part);
    case Filter::Kind::kCondition:
      return holds(filter);
  }
  return false;
}

bool SubjectHolds(const Filter& filter, const Subject& about) {
  return TreeHolds(filter,
                   [&about](const Filter& condition) { return ConditionHolds(condition, about); });
}

}  // namespace

absl::StatusOr<Filter> ParseFilter(std::string_view text) {
  return ParseFilterAbout(TransactionFields(), text);
}

bool Matches(const Filter& filter, const GlobalTransaction& transaction, base::Time now) {
  return SubjectHolds(filter, {transaction, nullptr, now});
}

bool MatchesDeadLetter(const Filter& filter, const GlobalTransaction& transaction, uint32_t row,
                       base::Time now) {
  SAGA_CHECK(row < transaction.branches.size());
  return SubjectHolds(filter, {transaction, &transaction.branches[row], now});
}

absl::StatusOr<Filter> ParseDestinationFilter(std::string_view text) {
  return ParseFilterAbout(DestinationFields(), text);
}

bool MatchesDestination(const Filter& filter, std::string_view destination,
                        std::string_view state) {
  return TreeHolds(filter, [&](const Filter& condition) {
    if (condition.field == Field::kDest) return TextHolds(condition, destination);
    return condition.field == Field::kState && TextHolds(condition, state);
  });
}

}  // namespace saga::core
