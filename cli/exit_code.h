#pragma once

// What sagactl's exit code says. Stable: scripts rely on it.

#include <grpcpp/support/status.h>

namespace saga::cli {

enum class ExitCode : int {
  kOk = 0,
  kError = 1,         // anything not named below
  kUsage = 2,         // the command line, or what it hands to the server, is wrong
  kNotFound = 3,      // no such gid, definition, dead letter, job, ...
  kState = 4,         // its state does not allow it
  kPartial = 5,       // some of several failed, or some items of a job
  kUnreachable = 7,   // no sagad at the address, or it is stopping, or its store fails
  kTimeout = 8,       // it took longer than --timeout
  kEndedFailed = 10,  // wait, submit --wait: the transaction ended in failed: everything was undone
};

ExitCode FromStatus(const grpc::Status& status);

// The table above in words, for `sagactl help exit-codes`.
extern const char kExitCodeHelp[];

}  // namespace saga::cli
