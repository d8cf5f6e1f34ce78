#pragma once

// The operator's doors to what does not go by itself, put together: dead letters and the jobs that
// replay them, lanes and what is set for them, the outbox.

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/api/dead_letters.h"
#include "orchestrator/api/destination_settings.h"
#include "orchestrator/api/destinations.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/api/metrics_scrape.h"
#include "orchestrator/app/log.h"
#include "orchestrator/app/stores.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/replay_jobs.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"
#include "orchestrator/port/executor.h"

namespace saga::app {

// Thread safety: AddFacts from any thread; the rest from the one that starts and stops the server.
class OperatorDoors {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    OpenedStore* store = nullptr;
    port::Clock* clock = nullptr;
    port::Entropy* entropy = nullptr;
    port::Executor* executor = nullptr;
    Log* log = nullptr;
    engine::LaneSettings lane;  // the engine's
    size_t max_payload = core::kMaxPayloadSize;
    bool kafka = false;
  };

  // The parts outlive this, and this outlives the gRPC server. Destroy it after Engine::Stop.
  explicit OperatorDoors(const Parts& parts);

  // Tells the engine what is set for destinations: before Engine::Start, so that nothing is called
  // that is paused.
  absl::Status Load() { return book_.Load(); }
  std::vector<api::GrpcServer::Service> Services();
  // After Engine::Start.
  void Start() { jobs_.Start(); }

  // Applies what operators set at other nodes; waits for the store.
  void FollowOthers() { (void)book_.FollowOthers(); }

  // What dead letters, the outbox and jobs are like now; waits for the store.
  void AddFacts(api::ScrapeFacts& facts);

  // Before Engine::StopIntake, and after Engine::Stop.
  void Halt() { jobs_.Halt(); }
  void Shutdown() { jobs_.Shutdown(); }

 private:
  const Parts parts_;
  engine::EngineReplayTarget target_;
  engine::ReplayJobs jobs_;
  api::DestinationBook book_;
  api::DeadLetterService dead_letters_;
  api::DestinationService destinations_;
};

}  // namespace saga::app
