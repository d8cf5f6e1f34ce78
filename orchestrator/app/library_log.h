#pragma once

#include "orchestrator/app/log.h"

namespace saga::app {

// Libraries write lines of their own to standard error. From now on those of gRPC come through
// `log`, at debug level: what matters of them reaches us as the status of a call or a server as
// well. `log` outlives the process's last use of gRPC.
void TakeLibraryLogs(Log& log);

}  // namespace saga::app
