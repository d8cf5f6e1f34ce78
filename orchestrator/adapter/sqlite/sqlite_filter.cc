#include "orchestrator/adapter/sqlite/sqlite_filter.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter::sqlite {
namespace {

using core::Comparison;
using core::Field;
using core::Filter;

// All rows of one transaction.
constexpr char kItsBranches[] =
    "SELECT 1 FROM branch AS b WHERE b.key >= global_transaction.id * 4096 AND b.key < "
    "(global_transaction.id + 1) * 4096";

bool HoldsForBranch(const Filter& condition, const core::Branch& branch) {
  core::GlobalTransaction transaction;
  transaction.branches.push_back(branch);
  return core::Matches(condition, transaction, {});
}

bool HoldsForDead(const Filter& condition, bool dead) {
  core::Branch branch;
  branch.dead = dead ? core::DeadReason::kAttemptsUsed : core::DeadReason::kNone;
  return HoldsForBranch(condition, branch);
}

class Translator {
 public:
  Translator(bool dead_letter, base::Time now, int first) : dead_letter_(dead_letter), now_(now) {
    sql_.first = first;
  }

  FilterSql Translate(const Filter& filter) && {
    sql_.condition = Tree(filter);
    return std::move(sql_);
  }

 private:
  std::string Tree(const Filter& filter) {
    switch (filter.kind) {
      case Filter::Kind::kAll:
        return Constant(true);
      case Filter::Kind::kAnd:
        return Joined(filter, " AND ");
      case Filter::Kind::kOr:
        return Joined(filter, " OR ");
      case Filter::Kind::kNot:
        return absl::StrCat("NOT ", Joined(filter, " OR "));
      case Filter::Kind::kCondition:
        return Condition(filter);
    }
    return Constant(false);
  }

  std::string Joined(const Filter& filter, const char* between) {
    std::vector<std::string> parts;
    for (const Filter& part : filter.parts) parts.push_back(Tree(part));
    return absl::StrCat("(", absl::StrJoin(parts, between), ")");
  }

  std::string Condition(const Filter& condition) {
    switch (condition.field) {
      case Field::kState:
        return NumbersThat("global_transaction.status", 5, [&](int number) {
          core::GlobalTransaction transaction;
          transaction.status = static_cast<core::Status>(number);
          return number > 0 && core::Matches(condition, transaction, now_);
        });
      case Field::kMode:
        return NumbersThat("global_transaction.mode", 5, [&](int number) {
          core::GlobalTransaction transaction;
          transaction.mode = static_cast<core::Mode>(number);
          return core::Matches(condition, transaction, now_);
        });
      case Field::kGid:
        return Text(condition, "global_transaction.gid");
      case Field::kDefinition:
        return Text(condition, "coalesce(global_transaction.definition, '')");
      case Field::kAge:
        return Number(
            condition,
            absl::StrCat("(", Parameter(now_.micros), " - ",
                         dead_letter_ ? "f.dead_time" : "global_transaction.create_time", ")"));
      case Field::kReason:
        return dead_letter_ ? DeadReason(condition)
                            : Text(condition, "coalesce(global_transaction.rollback_reason, '')");
      case Field::kDest:
      case Field::kOp:
      case Field::kBranch:
      case Field::kAttempts:
      case Field::kError:
      case Field::kFingerprint:
      case Field::kDead:
        break;
    }
    if (dead_letter_) return Branch(condition);
    if (condition.field == Field::kDead) return AnyDead(condition);
    return absl::StrCat("EXISTS (", kItsBranches, " AND ", Branch(condition), ")");
  }

  std::string Branch(const Filter& condition) {
    switch (condition.field) {
      case Field::kDest:
        return Text(condition, "saga_destination(b.target)");
      case Field::kOp:
        return NumbersThat("b.op", 10, [&](int number) {
          core::Branch branch;
          branch.op = static_cast<core::Op>(number);
          return HoldsForBranch(condition, branch);
        });
      case Field::kBranch:
        return Text(condition, "b.branch_id");
      case Field::kAttempts:
        return Number(condition, "b.attempts");
      case Field::kError:
        return Text(condition, "coalesce(b.last_error, '')");
      case Field::kFingerprint:
        return Text(condition, "saga_fingerprint(b.last_error)");
      case Field::kDead:
        return Constant(HoldsForDead(condition, true));
      case Field::kState:
      case Field::kMode:
      case Field::kGid:
      case Field::kDefinition:
      case Field::kAge:
      case Field::kReason:
        break;
    }
    return Constant(false);
  }

  // `column IN (...)`: of the values from 0 to `last` those for which `holds`. This way what a
  // condition about a number with a name means is asked of the core, and said nowhere else.
  template <typename Holds>
  std::string NumbersThat(const char* column, int last, const Holds& holds) {
    std::vector<int> numbers;
    for (int number = 0; number <= last; ++number) {
      if (holds(number)) numbers.push_back(number);
    }
    if (numbers.empty()) return Constant(false);
    return absl::StrCat(column, " IN (", absl::StrJoin(numbers, ","), ")");
  }

  // As a parameter: SQLite throws away the rest of a condition that is false in writing, and then
  // does not find the index that the query names.
  std::string Constant(bool value) { return Parameter(int64_t{value ? 1 : 0}); }

  // Dead rows are found by their index and not by looking at all rows.
  std::string AnyDead(const Filter& condition) {
    const bool dead = HoldsForDead(condition, true);
    const bool alive = HoldsForDead(condition, false);
    if (dead && alive) return absl::StrCat("EXISTS (", kItsBranches, ")");
    if (dead) {
      return "global_transaction.id IN (SELECT key / 4096 FROM branch_trouble INDEXED BY "
             "dead_branch WHERE dead <> 0)";
    }
    if (!alive) return Constant(false);
    return absl::StrCat("EXISTS (", kItsBranches,
                        " AND NOT EXISTS (SELECT 1 FROM branch_trouble AS f WHERE f.key = b.key "
                        "AND f.dead <> 0))");
  }

  std::string DeadReason(const Filter& condition) {
    return NumbersThat("f.dead", 4, [&](int number) {
      core::GlobalTransaction transaction;
      transaction.branches.emplace_back().dead = static_cast<core::DeadReason>(number);
      return core::MatchesDeadLetter(condition, transaction, 0, {});
    });
  }

  std::string Text(const Filter& condition, const char* value) {
    switch (condition.comparison) {
      case Comparison::kEqual:
        return absl::StrCat(value, " = ", Parameter(condition.text));
      case Comparison::kNotEqual:
        return absl::StrCat(value, " <> ", Parameter(condition.text));
      case Comparison::kContains:
        return absl::StrCat("saga_contains(", value, ", ", Parameter(condition.text), ")");
      case Comparison::kLacks:
        return absl::StrCat("NOT saga_contains(", value, ", ", Parameter(condition.text), ")");
      case Comparison::kLess:
      case Comparison::kLessOrEqual:
      case Comparison::kGreater:
      case Comparison::kGreaterOrEqual:
        break;
    }
    return Constant(false);
  }

  std::string Number(const Filter& condition, const std::string& value) {
    const char* sign = nullptr;
    switch (condition.comparison) {
      case Comparison::kEqual:
        sign = " = ";
        break;
      case Comparison::kNotEqual:
        sign = " <> ";
        break;
      case Comparison::kLess:
        sign = " < ";
        break;
      case Comparison::kLessOrEqual:
        sign = " <= ";
        break;
      case Comparison::kGreater:
        sign = " > ";
        break;
      case Comparison::kGreaterOrEqual:
        sign = " >= ";
        break;
      case Comparison::kContains:
      case Comparison::kLacks:
        return Constant(false);
    }
    return absl::StrCat(value, sign, Parameter(condition.number));
  }

  std::string Parameter(std::variant<int64_t, std::string> value) {
    sql_.values.push_back(std::move(value));
    return absl::StrCat("?", sql_.first + static_cast<int>(sql_.values.size()) - 1);
  }

  const bool dead_letter_;
  const base::Time now_;
  FilterSql sql_;
};

std::string_view TextOf(sqlite3_value* value) {
  // The blob first, then its size: SQLite's rule.
  const void* const data = sqlite3_value_blob(value);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_value_bytes(value))};
}

void ReturnText(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Destination(sqlite3_context* context, int, sqlite3_value** values) {
  ReturnText(context, core::DestinationOf(TextOf(values[0])));
}

void Fingerprint(sqlite3_context* context, int, sqlite3_value** values) {
  ReturnText(context, core::FingerprintOf(TextOf(values[0])));
}

void Contains(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string_view text = TextOf(values[0]);
  const std::string_view part = TextOf(values[1]);
  const auto same = [](char a, char b) {
    return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
           absl::ascii_tolower(static_cast<unsigned char>(b));
  };
  const bool found = part.empty() || std::search(text.begin(), text.end(), part.begin(), part.end(),
                                                 same) != text.end();
  sqlite3_result_int(context, found ? 1 : 0);
}

}  // namespace

void FilterSql::BindTo(Statement* statement) const {
  int index = first;
  for (const auto& value : values) {
    if (const auto* const number = std::get_if<int64_t>(&value)) {
      statement->Bind(index++, *number);
    } else {
      statement->BindText(index++, std::get<std::string>(value));
    }
  }
}

FilterSql TransactionFilterSql(const core::Filter& filter, base::Time now, int first) {
  return Translator(false, now, first).Translate(filter);
}

FilterSql DeadLetterFilterSql(const core::Filter& filter, base::Time now, int first) {
  return Translator(true, now, first).Translate(filter);
}

int RegisterFilterFunctions(const Connection& connection) {
  struct Function {
    const char* name;
    int arguments;
    void (*run)(sqlite3_context*, int, sqlite3_value**);
  };
  constexpr std::array kFunctions = {Function{"saga_destination", 1, Destination},
                                     Function{"saga_fingerprint", 1, Fingerprint},
                                     Function{"saga_contains", 2, Contains}};
  for (const Function& function : kFunctions) {
    const int code = sqlite3_create_function_v2(connection.get(), function.name, function.arguments,
                                                SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                                function.run, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

}  // namespace saga::adapter::sqlite
