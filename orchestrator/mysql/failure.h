#pragma once

// What a database's error means to us.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace saga::mysql {

// The codes:
//   Unavailable         no connection, or it broke in the middle: what was under way may have
//                       happened
//   Aborted             a deadlock, a lock that was not given in time, a conflict between the nodes
//                       of a cluster: nothing happened, the same again will do
//   AlreadyExists       a unique key
//   InvalidArgument     a value that the column does not take, or larger than a packet
//   ResourceExhausted   no room on its disk, or too many connections
//   FailedPrecondition  read-only, no right to, no such table or database
//   Internal            any other, with the database's own words
// The text is for people: what the database said, and what to do where we know.
absl::Status FailureOf(unsigned number, absl::string_view said);

// The database's number of it; 0: not an error of the database.
unsigned ErrorNumber(const absl::Status& status);

}  // namespace saga::mysql
