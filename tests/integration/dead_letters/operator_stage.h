#pragma once

// saga.v1.DeadLetters and saga.v1.Destinations over real gRPC, with the real engine and jobs behind
// them, a store on disk and scripted participants.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/api/dead_letters.h"
#include "orchestrator/api/destination_settings.h"
#include "orchestrator/api/destinations.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/replay_jobs.h"
#include "saga/v1/dead_letter.grpc.pb.h"
#include "saga/v1/destination.grpc.pb.h"
#include "tests/fixture/silent_observer.h"
#include "tests/fixture/temp_dir.h"
#include "tests/integration/grpc_door/scripted_caller.h"

namespace saga::integration {

// Sagas of two steps at http://p:1/GID/one and http://p:1/GID/two, "/undo" behind it for the
// compensation; a branch op dies at its second unknown outcome.
class OperatorStage {
 public:
  OperatorStage();
  ~OperatorStage();

  // As a stop and a start on the same disk.
  void Restart();

  // The second step is refused, and undoing the first is never answered: the compensation dies.
  void SubmitDoomed(const std::string& gid);
  // The first step is never answered: its action dies.
  void SubmitStuck(const std::string& gid);
  void Submit(const std::string& gid);
  static std::string Target(const std::string& gid, const std::string& step) {
    return "http://p:1/" + gid + "/" + step;
  }

  // True when so many dead letters are stored within the deadline.
  bool WaitForDead(size_t count);
  // The status once it has ended within the deadline, or what it is then.
  std::string WaitForEnd(const std::string& gid);
  // True as soon as `holds`; false at the deadline.
  static bool Eventually(const std::function<bool()>& holds);

  // "kind branch op text actor" of each entry, without what is empty.
  std::vector<std::string> History(const std::string& gid);

  template <typename Stub, typename Request, typename Reply>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                    const Request& request, Reply* reply) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return (StubOf<Stub>()->*method)(&context, request, reply);
  }
  static v1::Actor Actor(const std::string& reason = "because");
  static v1::DeadLetterName Name(const std::string& gid, const std::string& op = "compensate");

  v1::DeadLetter Get(const std::string& gid, const std::string& op = "compensate");
  grpc::Status Act(const std::string& gid, const std::string& act, v1::DeadLetter* reply,
                   const std::string& op = "compensate", uint32_t death = 1,
                   const std::string& payload = "");
  v1::Job Job(const std::string& token, uint32_t items = 0);

  ScriptedCaller& caller() { return caller_; }
  adapter::SqliteStore& store() { return store_; }

 private:
  template <typename Stub>
  Stub* StubOf() {
    if constexpr (std::is_same_v<Stub, v1::DeadLetters::Stub>) {
      return dead_letters_stub_.get();
    } else {
      return destinations_stub_.get();
    }
  }
  void Start();
  void Stop();

  fixture::TempDir directory_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  adapter::ThreadExecutor executor_;
  fixture::SilentObserver observer_;
  ScriptedCaller caller_;
  adapter::SqliteStore store_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::EngineReplayTarget> target_;
  std::unique_ptr<engine::ReplayJobs> jobs_;
  std::unique_ptr<api::DestinationBook> book_;
  std::unique_ptr<api::DeadLetterService> dead_letters_;
  std::unique_ptr<api::DestinationService> destinations_;
  std::unique_ptr<api::GrpcServer> server_;
  std::unique_ptr<v1::DeadLetters::Stub> dead_letters_stub_;
  std::unique_ptr<v1::Destinations::Stub> destinations_stub_;
};

}  // namespace saga::integration
