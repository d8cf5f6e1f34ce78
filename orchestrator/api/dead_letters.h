#pragma once

// The operator's door to dead letters: saga.v1.DeadLetters. proto/saga/v1/dead_letter.proto tells
// what each call does and which errors it has.

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/core/limits.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/replay_jobs.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/transaction_query.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kDeadLetterService[] = "saga.v1.DeadLetters";

// An operator's act that no transaction's history tells of: for the log.
using ActLog = std::function<void(const std::string& act, const std::string& actor,
                                  const std::string& reason)>;

// Thread-safe. What waits for the store does so on threads of this object.
class DeadLetterService {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    engine::ReplayJobs* jobs = nullptr;
    port::DeadLetterQuery* dead = nullptr;
    port::TransactionQuery* query = nullptr;
    port::JobStore* items = nullptr;  // of the jobs
    port::OutboxStore* outbox = nullptr;
    port::Clock* clock = nullptr;
    size_t max_payload = core::kMaxPayloadSize;  // of an edited one
    ActLog log;
  };

  // The parts outlive this. This outlives the server it is registered with, and every call of it
  // that the engine or the jobs have not answered: destroy it after Engine::Stop and
  // ReplayJobs::Shutdown.
  explicit DeadLetterService(const Parts& parts);
  ~DeadLetterService();

  DeadLetterService(const DeadLetterService&) = delete;
  DeadLetterService& operator=(const DeadLetterService&) = delete;

  // For GrpcServer, under the name kDeadLetterService.
  grpc::Service* service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
