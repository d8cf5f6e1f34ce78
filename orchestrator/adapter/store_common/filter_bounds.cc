#include "orchestrator/adapter/store_common/filter_bounds.h"

#include <algorithm>

#include "absl/types/span.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

using core::Comparison;
using core::Field;
using core::Filter;

constexpr core::Status kStatuses[] = {core::Status::kPrepared, core::Status::kSubmitted,
                                      core::Status::kAborting, core::Status::kSucceed,
                                      core::Status::kFailed};

// Whether a filter can hold for transactions of which some fields are known.
struct Chance {
  bool may = true;    // for some
  bool must = false;  // for all
};

// Of `known` only `fields` are looked at.
Chance ChanceOf(const Filter& filter, absl::Span<const Field> fields,
                const core::GlobalTransaction& known) {
  Chance chance;
  switch (filter.kind) {
    case Filter::Kind::kAll:
      return {.may = true, .must = true};
    case Filter::Kind::kAnd:
      chance = {.may = true, .must = true};
      for (const Filter& part : filter.parts) {
        const Chance one = ChanceOf(part, fields, known);
        chance = {.may = chance.may && one.may, .must = chance.must && one.must};
      }
      return chance;
    case Filter::Kind::kOr:
    case Filter::Kind::kNot:
      chance = {.may = false, .must = false};
      for (const Filter& part : filter.parts) {
        const Chance one = ChanceOf(part, fields, known);
        chance = {.may = chance.may || one.may, .must = chance.must || one.must};
      }
      if (filter.kind == Filter::Kind::kOr) return chance;
      return {.may = !chance.must, .must = !chance.may};
    case Filter::Kind::kCondition:
      break;
  }
  if (std::find(fields.begin(), fields.end(), filter.field) == fields.end()) return {};
  const bool holds = core::Matches(filter, known, {});
  return {.may = holds, .must = holds};
}

}  // namespace

std::vector<core::Status> StatusesIn(const Filter& filter) {
  std::vector<core::Status> statuses;
  core::GlobalTransaction known;
  for (const core::Status status : kStatuses) {
    known.status = status;
    if (ChanceOf(filter, {Field::kState}, known).may) statuses.push_back(status);
  }
  return statuses;
}

std::vector<core::Mode> ModesIn(const Filter& filter) {
  std::vector<core::Mode> modes;
  core::GlobalTransaction known;
  for (const core::Mode mode : core::kModes) {
    known.mode = mode;
    if (ChanceOf(filter, {Field::kMode}, known).may) modes.push_back(mode);
  }
  return modes;
}

std::optional<std::string> GidIn(const Filter& filter) {
  if (filter.kind == Filter::Kind::kCondition && filter.field == Field::kGid &&
      filter.comparison == Comparison::kEqual)
    return filter.text;
  if (filter.kind != Filter::Kind::kAnd) return std::nullopt;
  for (const Filter& part : filter.parts) {
    if (std::optional<std::string> gid = GidIn(part); gid.has_value()) return gid;
  }
  return std::nullopt;
}

bool MayMatch(const Filter& filter, const core::GlobalTransaction& known) {
  return ChanceOf(filter, {Field::kState, Field::kMode, Field::kGid}, known).may;
}

bool AsksAboutBranches(const Filter& filter) {
  if (filter.kind != Filter::Kind::kCondition)
    return std::any_of(filter.parts.begin(), filter.parts.end(), AsksAboutBranches);
  switch (filter.field) {
    case Field::kState:
    case Field::kMode:
    case Field::kGid:
    case Field::kDefinition:
    case Field::kAge:
    case Field::kReason:
      return false;
    case Field::kDest:
    case Field::kOp:
    case Field::kBranch:
    case Field::kAttempts:
    case Field::kError:
    case Field::kFingerprint:
    case Field::kDead:
      break;
  }
  return true;
}

}  // namespace saga::adapter
