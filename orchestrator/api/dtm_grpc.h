#pragma once

// DTM's gRPC door: service dtmgimp.Dtm (protocol 1.6). doc/protocol.md tells what it serves and how
// it answers.

#include <functional>
#include <memory>
#include <string_view>

#include "orchestrator/api/gid.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/engine/engine.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kDtmService[] = "dtmgimp.Dtm";

struct DtmGrpcOptions {
  core::RequestLimits limits;
  // Told of every answer: the call's name in the protocol file, whether it is OK, and the time it
  // took. Any thread; quick.
  std::function<void(std::string_view rpc, bool ok, base::Duration took)> on_answer;
};

// Thread-safe. No thread is held while a call waits. A client that goes away while its call waits
// for the transaction ends the call, not the transaction.
class DtmGrpcService {
 public:
  // All three outlive this. This outlives the server it is registered with, and every call of it
  // that the engine has not answered: destroy it after Engine::Stop.
  DtmGrpcService(engine::Engine& engine, GidSource& gids, TopicCalls& topics,
                 DtmGrpcOptions options = {});
  ~DtmGrpcService();

  DtmGrpcService(const DtmGrpcService&) = delete;
  DtmGrpcService& operator=(const DtmGrpcService&) = delete;

  // For GrpcServer, under the name kDtmService.
  grpc::Service* service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
