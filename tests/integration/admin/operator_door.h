#pragma once

// saga.v1.Admin over real gRPC, with the real engine behind it, a store in memory and scripted
// participants.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/api/admin.h"
#include "orchestrator/api/definition_registry.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/observer.h"
#include "saga/v1/admin.grpc.pb.h"
#include "tests/integration/grpc_door/scripted_caller.h"

namespace saga::integration {

// Definitions: `pay` (saga, steps one and two, key pay-<id>), `pay_again` (saga, one step, the same
// key), `nokey` (saga), `reserve` (tcc, steps one and two, key reserve-<id>). Targets are
// http://p:1/<step>/<op>.
class OperatorDoor {
 public:
  OperatorDoor();
  ~OperatorDoor();

  template <typename Request, typename Reply>
  grpc::Status Call(grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*, const Request&,
                                                            Reply*),
                    const Request& request, Reply* reply,
                    std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    return (stub_.get()->*method)(&context, request, reply);
  }

  grpc::Status Submit(const std::string& definition, const std::string& input, bool wait,
                      v1::SubmitReply* reply, const std::string& gid = "");
  // Empty gid: no such transaction.
  v1::Transaction Get(const std::string& gid);
  v1::HistoryReply History(const std::string& gid);
  // Until the transaction has ended.
  v1::Transaction Wait(const std::string& gid);
  static v1::Actor Actor(const std::string& reason);

  v1::Admin::Stub& stub() { return *stub_; }
  engine::Engine& engine() { return *engine_; }
  api::AdminService& service() { return *service_; }
  ScriptedCaller& caller() { return caller_; }
  adapter::MemoryStore& store() { return store_; }

 private:
  adapter::MemoryStore store_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  adapter::ThreadExecutor executor_;
  std::unique_ptr<port::Observer> observer_;
  ScriptedCaller caller_;
  std::unique_ptr<api::DefinitionRegistry> definitions_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<api::AdminService> service_;
  std::unique_ptr<api::GrpcServer> server_;
  std::unique_ptr<v1::Admin::Stub> stub_;
};

}  // namespace saga::integration
