#include "orchestrator/mysql/failure.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace saga::mysql {

namespace {

constexpr char kNumber[] = "saga.mysql/errno";

// Not in every version's header: a Galera node that is not part of the majority, and the codes of
// TiDB for a conflict between writers and for a leader that is being elected.
constexpr unsigned kNotReadyForQueries = 1047;
constexpr unsigned kTidbWriteConflict = 9007;
constexpr unsigned kTidbRegionUnavailable = 9005;
// Group Replication found a conflict at the commit and took it back.
constexpr unsigned kRolledBackByGroup = 3101;
constexpr unsigned kReadOnlyMode = 1836;

struct Meaning {
  absl::StatusCode code = absl::StatusCode::kInternal;
  const char* advice = "";
};

Meaning MeaningOf(unsigned number) {
  using enum absl::StatusCode;
  switch (number) {
    case CR_CONNECTION_ERROR:
    case CR_SSL_CONNECTION_ERROR:
    case ER_HOST_IS_BLOCKED:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
      return {kUnavailable, "is the database up, and the address right?"};
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_NORMAL_SHUTDOWN:
    case kNotReadyForQueries:
    case kTidbRegionUnavailable:
      return {kUnavailable, ""};
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD:
    case ER_QUERY_INTERRUPTED:
    case kTidbWriteConflict:
    case kRolledBackByGroup:
      return {kAborted, ""};
    case ER_DUP_ENTRY:
      return {kAlreadyExists, ""};
    case ER_DATA_TOO_LONG:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case ER_WARN_DATA_OUT_OF_RANGE:
      return {kInvalidArgument, ""};
    case ER_NET_PACKET_TOO_LARGE:
      return {kInvalidArgument, "raise max_allowed_packet of the database"};
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
      return {kResourceExhausted, "make room on the database's disk"};
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return {kUnavailable, "the database has no connection left: raise max_connections"};
    case ER_OPTION_PREVENTS_STATEMENT:
    case kReadOnlyMode:
      return {kFailedPrecondition,
              "the database takes no writes: is it a replica, or set to read_only?"};
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
      return {kFailedPrecondition,
              "check user, password and grants (SELECT, INSERT, UPDATE, DELETE; CREATE, ALTER and "
              "INDEX to migrate)"};
    case ER_BAD_DB_ERROR:
      return {kFailedPrecondition, "create the database first"};
    case ER_NO_SUCH_TABLE:
    case ER_BAD_FIELD_ERROR:
      return {kFailedPrecondition,
              "its tables are not those that this program expects: migrate them"};
    default:
      return {};
  }
}

}  // namespace

absl::Status FailureOf(unsigned number, absl::string_view said) {
  const Meaning meaning = MeaningOf(number);
  const bool advice = *meaning.advice != '\0';
  absl::Status status(meaning.code, absl::StrCat("database: ", said, " (error ", number, ")",
                                                 advice ? ": " : "", meaning.advice));
  status.SetPayload(kNumber, absl::Cord(absl::StrCat(number)));
  return status;
}

unsigned ErrorNumber(const absl::Status& status) {
  unsigned number = 0;
  const auto payload = status.GetPayload(kNumber);
  if (payload.has_value() && !absl::SimpleAtoi(std::string(*payload), &number)) return 0;
  return number;
}

}  // namespace saga::mysql
