#include "orchestrator/mysql/statement.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "orchestrator/base/check.h"
#include "orchestrator/mysql/failure.h"
#include "orchestrator/mysql/session.h"

namespace saga::mysql {

namespace {

constexpr size_t kDateLength = 32;

}  // namespace

struct Statement::Body {
  struct Column {
    std::string buffer;
    int64_t number = 0;
    double real = 0;
    unsigned long length = 0;
    my_bool is_null = 0;
    bool is_number = false;
    bool is_real = false;
  };

  ~Body() { mysql_stmt_close(handle); }

  MYSQL_STMT* handle = nullptr;
  Connection* connection = nullptr;
  // Parameters. The numbers lie in a deque because the binds point at them.
  std::vector<MYSQL_BIND> binds;
  std::deque<int64_t> numbers;
  std::deque<double> reals;
  // Rows.
  std::vector<Column> columns;
  bool has_rows = false;
};

Statement::Statement(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Statement::~Statement() = default;

absl::StatusOr<std::unique_ptr<Statement>> Statement::Prepare(Connection* connection,
                                                              absl::string_view sql) {
  auto body = std::make_unique<Body>();
  body->connection = connection;
  body->handle = mysql_stmt_init(connection->session_->handle);
  SAGA_CHECK(body->handle != nullptr);
  ++connection->statements_;
  if (mysql_stmt_prepare(body->handle, sql.data(), sql.size()) != 0)
    return FailureOf(mysql_stmt_errno(body->handle), mysql_stmt_error(body->handle));
  // So that a column's buffer can be made as large as its longest value.
  const my_bool lengths = 1;
  mysql_stmt_attr_set(body->handle, STMT_ATTR_UPDATE_MAX_LENGTH, &lengths);
  return std::unique_ptr<Statement>(new Statement(std::move(body)));
}

absl::Status Statement::Failure() {
  return FailureOf(mysql_stmt_errno(body_->handle), mysql_stmt_error(body_->handle));
}

Statement& Statement::BindNull() {
  MYSQL_BIND& bind = body_->binds.emplace_back();
  bind.buffer_type = MYSQL_TYPE_NULL;
  return *this;
}

Statement& Statement::Bind(int64_t number) {
  MYSQL_BIND& bind = body_->binds.emplace_back();
  bind.buffer_type = MYSQL_TYPE_LONGLONG;
  bind.buffer = &body_->numbers.emplace_back(number);
  return *this;
}

Statement& Statement::Bind(double number) {
  MYSQL_BIND& bind = body_->binds.emplace_back();
  bind.buffer_type = MYSQL_TYPE_DOUBLE;
  bind.buffer = &body_->reals.emplace_back(number);
  return *this;
}

Statement& Statement::Bind(absl::string_view text) {
  MYSQL_BIND& bind = body_->binds.emplace_back();
  bind.buffer_type = MYSQL_TYPE_STRING;
  // The library reads and never writes it.
  bind.buffer = const_cast<char*>(text.data() == nullptr ? "" : text.data());
  bind.buffer_length = text.size();
  return *this;
}

size_t Statement::Arguments() const { return mysql_stmt_param_count(body_->handle); }

size_t Statement::Bound() const { return body_->binds.size(); }

void Statement::Reset() {
  if (std::exchange(body_->has_rows, false)) mysql_stmt_free_result(body_->handle);
  body_->binds.clear();
  body_->numbers.clear();
  body_->reals.clear();
}

absl::Status Statement::Run() {
  Body& body = *body_;
  if (std::exchange(body.has_rows, false)) mysql_stmt_free_result(body.handle);
  SAGA_CHECK(mysql_stmt_param_count(body.handle) == body.binds.size());
  // Where the length of a text is to be found: beside it, so that it outlives the vector's moves.
  for (MYSQL_BIND& bind : body.binds) bind.length = &bind.buffer_length;
  ++body.connection->statements_;
  if ((!body.binds.empty() && mysql_stmt_bind_param(body.handle, body.binds.data()) != 0) ||
      mysql_stmt_execute(body.handle) != 0) {
    Reset();
    return Failure();
  }
  Reset();
  return mysql_stmt_field_count(body.handle) > 0 ? TakeRows() : absl::OkStatus();
}

absl::Status Statement::TakeRows() {
  Body& body = *body_;
  if (mysql_stmt_store_result(body.handle) != 0) return Failure();
  body.has_rows = true;
  MYSQL_RES* const described = mysql_stmt_result_metadata(body.handle);
  if (described == nullptr) return Failure();
  const unsigned count = mysql_num_fields(described);
  body.columns.resize(count);
  std::vector<MYSQL_BIND> binds(count);
  for (unsigned i = 0; i < count; ++i) {
    const MYSQL_FIELD& field = described->fields[i];
    Body::Column& column = body.columns[i];
    column.is_real = field.type == MYSQL_TYPE_DOUBLE || field.type == MYSQL_TYPE_FLOAT;
    column.is_number = !column.is_real && IS_NUM(field.type) && field.type != MYSQL_TYPE_DECIMAL &&
                       field.type != MYSQL_TYPE_NEWDECIMAL;
    MYSQL_BIND& bind = binds[i];
    bind.is_null = &column.is_null;
    bind.length = &column.length;
    if (column.is_number) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &column.number;
    } else if (column.is_real) {
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &column.real;
    } else {
      // Dates come as texts too, of which the library does not say how long they are.
      column.buffer.resize(std::max<size_t>(field.max_length, kDateLength) + 1);
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = column.buffer.data();
      bind.buffer_length = column.buffer.size();
    }
  }
  mysql_free_result(described);
  return mysql_stmt_bind_result(body.handle, binds.data()) == 0 ? absl::OkStatus() : Failure();
}

uint64_t Statement::Affected() const { return mysql_stmt_affected_rows(body_->handle); }
uint64_t Statement::InsertId() const { return mysql_stmt_insert_id(body_->handle); }

bool Statement::Next() {
  Body& body = *body_;
  if (!body.has_rows) return false;
  if (mysql_stmt_fetch(body.handle) == 0) return true;
  mysql_stmt_free_result(body.handle);
  body.has_rows = false;
  return false;
}

bool Statement::IsNull(size_t column) const { return body_->columns[column].is_null != 0; }

bool Statement::IsNumber(size_t column) const { return body_->columns[column].is_number; }

int64_t Statement::Number(size_t column) const {
  const Body::Column& value = body_->columns[column];
  SAGA_CHECK(value.is_number);
  return value.is_null != 0 ? 0 : value.number;
}

double Statement::Real(size_t column) const {
  const Body::Column& value = body_->columns[column];
  SAGA_CHECK(value.is_real);
  return value.is_null != 0 ? 0 : value.real;
}

absl::string_view Statement::Text(size_t column) const {
  const Body::Column& value = body_->columns[column];
  SAGA_CHECK(!value.is_number && !value.is_real);
  if (value.is_null != 0) return {};
  return absl::string_view(value.buffer).substr(0, value.length);
}

}  // namespace saga::mysql
