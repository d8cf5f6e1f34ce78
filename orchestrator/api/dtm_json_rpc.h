#pragma once

// DTM's calls by JSON-RPC 2.0 (protocol 1.5): POST /api/json-rpc with the methods newGid, prepare,
// submit, abort and registerBranch. doc/protocol.md gives codes and texts.

#include "orchestrator/api/dtm_calls.h"
#include "orchestrator/api/gid.h"
#include "orchestrator/api/http_router.h"

namespace saga::api {

// Thread-safe.
class DtmJsonRpc {
 public:
  // Both outlive this. This outlives the router's server.
  DtmJsonRpc(DtmCalls& calls, GidSource& gids) : calls_(calls), gids_(gids) {}

  void AddRoutes(HttpRouter& router);

 private:
  void Take(const HttpRequest& request, HttpResponder responder);

  DtmCalls& calls_;
  GidSource& gids_;
};

}  // namespace saga::api
