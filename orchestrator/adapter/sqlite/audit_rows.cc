#include "orchestrator/adapter/sqlite/audit_rows.h"

namespace saga::adapter::sqlite {

bool RowFindings::Check(const Statement& row, const std::vector<ColumnRule>& rules,
                        absl::string_view where) {
  const int before = count_;
  for (const ColumnRule& rule : rules) {
    const int type = row.Type(rule.column);
    if (type == SQLITE_NULL && rule.optional) continue;
    if (type != SQLITE_INTEGER) {
      Add("value_of_wrong_type", rule.name, where, " is not a whole number");
      continue;
    }
    const int64_t value = row.Number(rule.column);
    if (value >= rule.min && value <= rule.max) continue;
    Add(rule.is_enum ? "unknown_value" : "value_out_of_range", rule.name, where, " is ", value);
  }
  return count_ == before;
}

int Cursor::Open(const Connection& connection, absl::string_view sql) {
  const int code = statement_.Prepare(connection, sql);
  return code == SQLITE_OK ? Next() : code;
}

int Cursor::Next() {
  const int code = statement_.Step();
  at_row_ = code == SQLITE_ROW;
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace saga::adapter::sqlite
