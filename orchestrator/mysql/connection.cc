#include "orchestrator/mysql/connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "orchestrator/mysql/failure.h"
#include "orchestrator/mysql/session.h"

namespace saga::mysql {

namespace {

unsigned SecondsOf(base::Duration duration) {
  return static_cast<unsigned>(std::max<int64_t>(1, duration.micros / 1'000'000));
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void SetTls(MYSQL* handle, const Options& options) {
  const my_bool off = 0;
  const my_bool on = 1;
  if (options.tls == Tls::kOff) {
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &off);
    return;
  }
  mysql_ssl_set(handle, OrNull(options.tls_key), OrNull(options.tls_cert), OrNull(options.tls_ca),
                nullptr, nullptr);
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
  const bool verified = options.tls == Tls::kVerified;
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verified ? &on : &off);
}

}  // namespace

uint64_t NumberIn(const std::optional<std::string>& text) {
  uint64_t number = 0;
  return text.has_value() && absl::SimpleAtoi(*text, &number) ? number : 0;
}

Connection::Connection() = default;
Connection::~Connection() { Close(); }

absl::Status Connection::Open(const Options& options) {
  absl::Status first = OpenAt(options, options.host, options.port);
  if (!absl::IsUnavailable(first)) return first;
  for (const Place& other : options.others) {
    if (OpenAt(options, other.host, other.port).ok()) return absl::OkStatus();
  }
  return first;
}

absl::Status Connection::OpenAt(const Options& options, const std::string& host, int port) {
  Close();
  // Once, and before two threads could do it at the same time.
  static const int started = mysql_library_init(0, nullptr, nullptr);
  SAGA_CHECK(started == 0);
  auto session = std::make_unique<Session>();
  session->handle = mysql_init(nullptr);
  SAGA_CHECK(session->handle != nullptr);
  const unsigned connect = SecondsOf(options.connect_timeout);
  const unsigned answer = SecondsOf(options.answer_timeout);
  mysql_options(session->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
  mysql_options(session->handle, MYSQL_OPT_READ_TIMEOUT, &answer);
  mysql_options(session->handle, MYSQL_OPT_WRITE_TIMEOUT, &answer);
  mysql_options(session->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // "localhost" is a place like others, and not a socket somewhere in the file system.
  const unsigned protocol = MYSQL_PROTOCOL_TCP;
  mysql_options(session->handle, MYSQL_OPT_PROTOCOL, &protocol);
  SetTls(session->handle, options);
  // CLIENT_FOUND_ROWS: an update tells how many rows it met, also when it left them as they were.
  if (mysql_real_connect(session->handle, host.c_str(), options.user.c_str(),
                         options.password.c_str(), OrNull(options.database),
                         static_cast<unsigned>(port), nullptr, CLIENT_FOUND_ROWS) == nullptr) {
    return FailureOf(mysql_errno(session->handle), mysql_error(session->handle));
  }
  session_ = std::move(session);
  absl::Status set_up = SetUp(options);
  if (!set_up.ok()) Close();
  return set_up;
}

absl::Status Connection::SetUp(const Options& options) {
  // Strict: what does not fit is an error and never cut. READ COMMITTED: no locks on gaps that
  // nobody asked for. A lock that is not given soon is as good as a deadlock: whoever waits for it
  // holds others.
  absl::Status status =
      Run("SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
          "NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', "
          "SESSION innodb_lock_wait_timeout = 3");
  if (status.ok()) {
    status = Run(absl::StrCat("SET SESSION wait_timeout = ", SecondsOf(options.idle_timeout),
                              ", SESSION autocommit = ", options.autocommit ? 1 : 0));
  }
  if (status.ok()) status = Run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  // In a Galera cluster what another node acknowledged is seen here; elsewhere there is no such
  // variable, or it means nothing.
  if (status.ok()) (void)Run("SET SESSION wsrep_sync_wait = 3");
  // A node of a cluster that has lost the others takes connections and answers nothing.
  const auto read_only = status.ok() ? QueryOne("SELECT @@global.read_only") : status;
  if (!read_only.ok()) return read_only.status();
  // Of several the one that takes writes is meant.
  if (!options.others.empty() && *read_only == "1")
    return absl::UnavailableError("database: this node of the cluster is set to read_only");
  return absl::OkStatus();
}

void Connection::Close() {
  prepared_.clear();
  session_.reset();
}

absl::Status Connection::Failure() {
  return FailureOf(mysql_errno(session_->handle), mysql_error(session_->handle));
}

absl::Status Connection::Run(absl::string_view sql) {
  if (session_ == nullptr) return absl::UnavailableError("database: not connected");
  ++statements_;
  if (mysql_real_query(session_->handle, sql.data(), sql.size()) != 0) return Failure();
  affected_ = mysql_affected_rows(session_->handle);
  insert_id_ = mysql_insert_id(session_->handle);
  // Rows that nobody wants are read all the same: the session is not free before.
  if (MYSQL_RES* const rows = mysql_store_result(session_->handle); rows != nullptr)
    mysql_free_result(rows);
  return mysql_errno(session_->handle) == 0 ? absl::OkStatus() : Failure();
}

absl::Status Connection::RunScript(absl::string_view sql) {
  if (session_ == nullptr) return absl::UnavailableError("database: not connected");
  // Only here: elsewhere a ; inside a value that got into a statement must stay without effect.
  if (mysql_set_server_option(session_->handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0)
    return Failure();
  const absl::Status run = RunEach(sql);
  if (mysql_set_server_option(session_->handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0 && run.ok())
    return Failure();
  return run;
}

absl::Status Connection::RunEach(absl::string_view script) {
  ++statements_;
  if (mysql_real_query(session_->handle, script.data(), script.size()) != 0) return Failure();
  for (;;) {
    if (MYSQL_RES* const rows = mysql_store_result(session_->handle); rows != nullptr)
      mysql_free_result(rows);
    if (mysql_errno(session_->handle) != 0) return Failure();
    const int next = mysql_next_result(session_->handle);
    if (next < 0) return absl::OkStatus();
    if (next > 0) return Failure();
  }
}

absl::StatusOr<std::vector<Row>> Connection::Query(absl::string_view sql) {
  if (session_ == nullptr) return absl::UnavailableError("database: not connected");
  ++statements_;
  if (mysql_real_query(session_->handle, sql.data(), sql.size()) != 0) return Failure();
  MYSQL_RES* const result = mysql_store_result(session_->handle);
  if (result == nullptr) return Failure();
  std::vector<Row> rows;
  const unsigned columns = mysql_num_fields(result);
  while (MYSQL_ROW values = mysql_fetch_row(result)) {
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    Row& row = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (values[i] != nullptr) row[i] = std::string(values[i], lengths[i]);
    }
  }
  mysql_free_result(result);
  return rows;
}

absl::StatusOr<std::optional<std::string>> Connection::QueryOne(absl::string_view sql) {
  absl::StatusOr<std::vector<Row>> rows = Query(sql);
  if (!rows.ok()) return rows.status();
  if (rows->empty() || rows->front().empty()) return std::nullopt;
  return std::move(rows->front().front());
}

absl::StatusOr<Statement*> Connection::Prepared(const std::string& sql) {
  if (session_ == nullptr) return absl::UnavailableError("database: not connected");
  std::unique_ptr<Statement>& kept = prepared_[sql];
  if (kept == nullptr) {
    absl::StatusOr<std::unique_ptr<Statement>> made = Statement::Prepare(this, sql);
    if (!made.ok()) {
      prepared_.erase(sql);
      return made.status();
    }
    kept = *std::move(made);
  }
  kept->Reset();
  return kept.get();
}

std::string Connection::Quoted(absl::string_view text) {
  std::string out(text.size() * 2 + 1, '\0');
  out.resize(mysql_real_escape_string(session_->handle, out.data(), text.data(), text.size()));
  return absl::StrCat("'", out, "'");
}

}  // namespace saga::mysql
