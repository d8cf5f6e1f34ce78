#pragma once

// DTM's HTTP calls (protocol 1.2 to 1.4) and ours, as routes of an HttpRouter:
//
//   GET  /api/dtmsvr/newGid, version, query, all, resetCronTime
//   POST /api/dtmsvr/prepare, submit, abort, registerBranch, registerXaBranch, registerTccBranch,
//        prepareWorkflow, forceStop, resetNextCronTime
//   any  /api/ping
//   GET  /api/metrics
//   GET  /healthz    200 while the process answers at all: for restarting it
//   GET  /ready      200 when requests should come here, 503 with the reason otherwise: for routing
//
// doc/protocol.md gives parameters, answers and texts.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

struct DtmHttpOptions {
  std::string version;                  // for /api/dtmsvr/version
  size_t readers = core::kHttpReaders;  // threads for what may block: store reads and scrapes
  size_t reader_queue = core::kHttpReaderQueue;
  std::function<absl::Status()> ready;   // any thread, quick; the message of a refusal is shown
  std::function<std::string()> metrics;  // the text of /api/metrics; a reader's thread, may block
};

// Thread-safe.
class DtmHttpDoor {
 public:
  // All four outlive this. This outlives the router's server and every request that the engine has
  // not answered: destroy it after HttpServer::Stop and Engine::Stop. The destructor waits for
  // reads that are running.
  DtmHttpDoor(engine::Engine& engine, port::TransactionQuery& query, port::Entropy& entropy,
              port::Clock& clock, DtmHttpOptions options);
  ~DtmHttpDoor();

  DtmHttpDoor(const DtmHttpDoor&) = delete;
  DtmHttpDoor& operator=(const DtmHttpDoor&) = delete;

  void AddRoutes(HttpRouter& router);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
