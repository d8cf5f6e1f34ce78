#include "cli/exit_code.h"

namespace saga::cli {

ExitCode FromStatus(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return ExitCode::kOk;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return ExitCode::kUsage;
    case grpc::StatusCode::NOT_FOUND:
      return ExitCode::kNotFound;
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::ALREADY_EXISTS:
      return ExitCode::kState;
    case grpc::StatusCode::UNAVAILABLE:
      return ExitCode::kUnreachable;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ExitCode::kTimeout;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      break;
  }
  return ExitCode::kError;
}

const char kExitCodeHelp[] =
    R"(Exit codes of sagactl:

   0  it worked; wait and submit --wait: the transaction ended in succeed
   1  any other error
   2  the command line or the input is wrong
   3  there is no such gid, definition, dead letter, job, destination or participant
   4  its state does not allow it: a transaction that is decided, a dead letter that died again or
      was settled, a token that was executed or has expired
   5  some of several failed; of a job: some items failed or were skipped, or it was stopped
   7  no sagad answers at the address, or it cannot now: it stops, or its store fails
   8  it took longer than --timeout; wait and submit --wait: the transaction is still open; job
      watch: the job goes on
  10  wait and submit --wait: the transaction ended in failed, everything was undone
)";

}  // namespace saga::cli
