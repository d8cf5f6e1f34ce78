#pragma once

// A filter (core/filter.h) as the condition of a SELECT, so that a list reads no row in vain. It
// means exactly what core::Matches and core::MatchesDeadLetter mean; the contract suites compare
// the two.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/filter.h"

namespace saga::adapter::sqlite {

// SQL with parameters, and what belongs into them.
struct FilterSql {
  std::string condition;
  int first = 1;  // number of the first parameter
  std::vector<std::variant<int64_t, std::string>> values;

  // The values outlive the statement's run.
  void BindTo(Statement* statement) const;
};

// Over the columns of `global_transaction`, under that name. Parameters count from `first` on.
FilterSql TransactionFilterSql(const core::Filter& filter, base::Time now, int first);
// Over those, and the branch op as `b` and `f`, rows of the tables branch and branch_trouble.
FilterSql DeadLetterFilterSql(const core::Filter& filter, base::Time now, int first);

// The SQL functions that the conditions call. SQLITE_OK or an error.
int RegisterFilterFunctions(const Connection& connection);

}  // namespace saga::adapter::sqlite
