#include "orchestrator/adapter/sqlite/failure.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace saga::adapter::sqlite {
namespace {

std::string Detail(int code, const Connection& connection) {
  std::string detail = absl::StrCat("SQLite ", code, ": ", sqlite3_errstr(code));
  if (connection.get() == nullptr) return detail;
  const int system = sqlite3_system_errno(connection.get());
  if (system != 0) absl::StrAppend(&detail, ", ", std::strerror(system));
  return detail;
}

}  // namespace

absl::Status FailureOf(int code, const std::string& path, const Connection& connection) {
  const std::string detail = Detail(code, connection);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::UnavailableError(absl::StrCat(
          path,
          ": the disk is full. Nothing stored is lost; free some space and it goes on by itself. (",
          detail, ")"));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::FailedPreconditionError(
          absl::StrCat(path,
                       " cannot be written. Give the user that runs sagad the right to write the "
                       "file and its directory. (",
                       detail, ")"));
    case SQLITE_CANTOPEN:
      return absl::FailedPreconditionError(
          absl::StrCat(path,
                       " cannot be opened. Check that the directory exists and that the user that "
                       "runs sagad may write it. (",
                       detail, ")"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(path,
                                                 " is locked by another program, for example an "
                                                 "open transaction in a sqlite3 shell. End it. (",
                                                 detail, ")"));
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(
          path, " is not a sagad store. Move the file away or choose another --data-dir. (", detail,
          ")"));
    case SQLITE_CORRUPT:
      return absl::DataLossError(absl::StrCat(
          path, " is damaged. Stop sagad, keep a copy, and restore a backup or run: sqlite3 ", path,
          " .recover (", detail, ")"));
    case SQLITE_IOERR:
      return absl::UnavailableError(absl::StrCat(
          path, ": the disk does not read or write. Look at the kernel's log. (", detail, ")"));
    default:
      return absl::InternalError(
          absl::StrCat(path, ": ", detail, connection.get() == nullptr ? "" : ", ",
                       connection.get() == nullptr ? "" : sqlite3_errmsg(connection.get())));
  }
}

bool ConcernsOneWrite(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH ||
         primary == SQLITE_RANGE;
}

}  // namespace saga::adapter::sqlite
