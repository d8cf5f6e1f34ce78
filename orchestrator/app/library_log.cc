#include "orchestrator/app/library_log.h"

#include <grpc/support/log.h>

namespace saga::app {
namespace {

Log* library_log = nullptr;

void WriteGrpcLine(gpr_log_func_args* args) {
  library_log->Debug(args->message,
                     {{"library", "grpc"}, {"severity", gpr_log_severity_string(args->severity)}});
}

}  // namespace

void TakeLibraryLogs(Log& log) {
  library_log = &log;
  gpr_set_log_function(&WriteGrpcLine);
}

}  // namespace saga::app
