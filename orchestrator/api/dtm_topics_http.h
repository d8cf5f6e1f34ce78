#pragma once

// DTM's HTTP calls about topics and the records they are kept in (protocol 1.2, 2.2 and 2.4):
//
//   GET    /api/dtmsvr/subscribe, unsubscribe, scanKV, queryKV
//   DELETE /api/dtmsvr/topic/<name>
//
// doc/protocol.md gives parameters, answers and texts.

#include "orchestrator/api/http_router.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/port/kv_store.h"

namespace saga::api {

// Thread-safe.
class DtmTopicsHttp {
 public:
  // All three outlive this. This outlives the router's server and what `readers` runs.
  DtmTopicsHttp(TopicCalls& topics, port::KvStore& records, ReaderPool& readers)
      : topics_(topics), records_(records), readers_(readers) {}

  void AddRoutes(HttpRouter& router);

 private:
  void ScanKv(const HttpRequest& request, HttpResponder responder);
  void QueryKv(const HttpRequest& request, HttpResponder responder);

  TopicCalls& topics_;
  port::KvStore& records_;
  ReaderPool& readers_;
};

}  // namespace saga::api
