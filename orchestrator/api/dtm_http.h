#pragma once

// DTM's HTTP calls (protocol 1.2 to 1.4) and ours, as routes of an HttpRouter:
//
//   GET  /api/dtmsvr/newGid, version, query, all, resetCronTime
//   POST /api/dtmsvr/prepare, submit, abort, registerBranch, registerXaBranch, registerTccBranch,
//        prepareWorkflow, forceStop, resetNextCronTime
//   any  /api/ping
//   what dtm_topics_http.h and dtm_json_rpc.h name
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
#include "orchestrator/api/gid.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

struct DtmHttpOptions {
  std::string version;                  // for /api/dtmsvr/version
  size_t readers = core::kHttpReaders;  // threads for what may block: store reads and scrapes
  size_t reader_queue = core::kHttpReaderQueue;
  core::Settings settings;               // the engine's, with the limits of a request
  std::function<absl::Status()> ready;   // any thread, quick; the message of a refusal is shown
  std::function<std::string()> metrics;  // the text of /api/metrics; a reader's thread, may block
};

// Thread-safe.
class DtmHttpDoor {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    port::TransactionQuery* query = nullptr;
    GidSource* gids = nullptr;
    port::Clock* clock = nullptr;
    TopicCalls* topics = nullptr;
    port::KvStore* records = nullptr;
  };

  // All parts outlive this. This outlives the router's server and every request that the engine has
  // not answered: destroy it after HttpServer::Stop and Engine::Stop. The destructor waits for
  // reads that are running.
  DtmHttpDoor(const Parts& parts, DtmHttpOptions options);
  ~DtmHttpDoor();

  DtmHttpDoor(const DtmHttpDoor&) = delete;
  DtmHttpDoor& operator=(const DtmHttpDoor&) = delete;

  void AddRoutes(HttpRouter& router);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
