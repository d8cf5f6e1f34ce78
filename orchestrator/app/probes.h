#pragma once

#include "orchestrator/api/http_router.h"
#include "orchestrator/app/readiness.h"

namespace saga::app {

// What orchestrators of processes ask at the HTTP port:
//   GET /healthz  liveness: 200 {"status":"ok"} as long as the process answers
//   GET /readyz   readiness: 200 {"status":"ready"}, or 503 {"status":"not ready","message":why}
// `readiness` outlives the router.
void AddProbes(api::HttpRouter& router, Readiness& readiness);

}  // namespace saga::app
