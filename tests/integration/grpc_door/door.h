#pragma once

// A whole door for a test: the real engine behind the real gRPC server on a free port, over a store
// in memory and participants that do as they are told.

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/api/dtm_grpc.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/api/topics.h"
#include "orchestrator/engine/engine.h"
#include "tests/integration/grpc_door/scripted_caller.h"
#include "tests/integration/grpc_door/switchable_store.h"

namespace saga::integration {

class Door {
 public:
  Door();
  ~Door();

  ScriptedCaller& caller() { return caller_; }
  SwitchableStore& store() { return store_; }
  engine::Engine& engine() { return *engine_; }
  api::GrpcServer& server() { return *server_; }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  dtmgimp::Dtm::Stub& stub() { return *stub_; }

  // The five calls, each within a deadline of 20 s.
  grpc::Status Submit(const dtmgimp::DtmRequest& request);
  grpc::Status Prepare(const dtmgimp::DtmRequest& request);
  grpc::Status Abort(const dtmgimp::DtmRequest& request);
  grpc::Status RegisterBranch(const dtmgimp::DtmBranchRequest& request);
  std::string NewGid();

  // What the service told of its answers, in order: "Submit ok", "Abort fail".
  std::vector<std::string> told() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
  ScriptedCaller caller_;
  SwitchableStore store_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  api::GidSource gids_{clock_, entropy_};
  adapter::MemoryKv records_;
  api::Topics topics_{records_, clock_};
  api::TopicCalls topic_calls_{topics_};
  adapter::ThreadExecutor executor_;
  std::unique_ptr<port::Observer> observer_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<api::DtmGrpcService> service_;
  std::unique_ptr<api::GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
};

// A request with `steps` steps "b/act1", "b/undo1" and payload "p1", ...
dtmgimp::DtmRequest Request(const std::string& gid, const std::string& trans_type, int steps,
                            bool wait = true);

// Branch `id` of a TCC with targets "b/confirm<id>" and "b/cancel<id>".
dtmgimp::DtmBranchRequest Branch(const std::string& gid, const std::string& id);

}  // namespace saga::integration
