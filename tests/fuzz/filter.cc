// The filter language of lists and batches.

#include <string>

#include "orchestrator/base/check.h"
#include "orchestrator/core/destination_filter.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/filter_words.h"
#include "orchestrator/core/limits.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

namespace {

using core::Filter;

std::string_view NameOf(core::Field field) {
  for (const core::FieldWords& words : core::TransactionFields()) {
    if (words.field == field) return words.name;
  }
  return "";
}

std::string Condition(const Filter& condition) {
  std::string text(NameOf(condition.field));
  SAGA_CHECK(!text.empty());
  text += core::SignOf(condition.comparison);
  text += '"';
  for (const char c : condition.text) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

// The same filter in other words; parentheses only where they are needed, so that it is never
// deeper.
std::string Written(const Filter& filter, bool part) {
  std::string text;
  switch (filter.kind) {
    case Filter::Kind::kAll:
      SAGA_CHECK(!part);
      return "";
    case Filter::Kind::kCondition:
      return Condition(filter);
    case Filter::Kind::kNot:
      SAGA_CHECK(filter.parts.size() == 1);
      return "not " + Written(filter.parts[0], true);
    case Filter::Kind::kAnd:
    case Filter::Kind::kOr:
      break;
  }
  SAGA_CHECK(filter.parts.size() >= 2);
  for (const Filter& each : filter.parts) {
    if (!text.empty()) text += filter.kind == Filter::Kind::kAnd ? " and " : " or ";
    const bool binds_tighter = filter.kind == Filter::Kind::kOr && each.kind == Filter::Kind::kAnd;
    text += Written(each, !binds_tighter);
  }
  return part ? "(" + text + ")" : text;
}

core::GlobalTransaction Dead(std::string_view error) {
  core::GlobalTransaction transaction{.gid = "g", .status = core::Status::kAborting};
  transaction.branches = {{.branch_id = "01", .op = core::Op::kCompensate, .target = "a:1/b/c"}};
  transaction.branches[0].last_error = error;
  transaction.branches[0].dead = core::DeadReason::kContract;
  return transaction;
}

}  // namespace

void FilterText(std::string_view data) {
  SAGA_CHECK(core::FingerprintOf(data).size() == 8);
  const absl::StatusOr<Filter> filter = core::ParseFilter(data);
  if (!filter.ok()) return CheckRefusal(filter.status());
  const core::GlobalTransaction transaction = Dead(data);
  const base::Time now{1};
  const bool whole = core::Matches(*filter, transaction, now);
  const bool row = core::MatchesDeadLetter(*filter, transaction, 0, now);

  const std::string written = Written(*filter, false);
  if (written.size() > core::kMaxFilterLength) return;
  const absl::StatusOr<Filter> again = core::ParseFilter(written);
  SAGA_CHECK(again.ok() && *again == *filter);
  SAGA_CHECK(core::Matches(*again, transaction, now) == whole);
  SAGA_CHECK(core::MatchesDeadLetter(*again, transaction, 0, now) == row);

  const absl::StatusOr<Filter> about_destinations = core::ParseDestinationFilter(data);
  if (!about_destinations.ok()) return CheckRefusal(about_destinations.status());
  core::MatchesDestination(*about_destinations, "a:1", "open");
}

}  // namespace saga::fuzz
