#pragma once

// The operator's door: saga.v1.Admin, what sagactl speaks. proto/saga/v1/admin.proto tells what
// each call does and which errors it has.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/api/definition_registry.h"
#include "orchestrator/core/step.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/branch_caller.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/transaction_query.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kAdminService[] = "saga.v1.Admin";

// A setting as the server runs with it.
struct ConfigLine {
  std::string key;
  std::string value;
  std::string origin;  // default, file, environment, flag
  std::string where;   // empty for a default
};

// Thread-safe. No thread is held while a call waits for a transaction; a client that goes away ends
// its wait, not the transaction. Reads of the store happen on the server's threads and are bounded
// by core::kMaxListPage.
class AdminService {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    port::TransactionQuery* query = nullptr;
    port::BranchCaller* caller = nullptr;  // for the tries of TCC definitions
    port::Clock* clock = nullptr;
    const DefinitionRegistry* definitions = nullptr;
    core::Settings settings;  // the engine's
    // What Version answers.
    std::string version;
    std::string commit;
    std::string store;
    // What ListNodes answers; null: the store is this process's alone, whose name and address
    // these are.
    port::NodeList* nodes = nullptr;
    std::string node_name;
    std::string node_address;
    // What Config answers; any thread, must not block. Empty: nothing.
    std::function<std::vector<ConfigLine>()> config;
    std::function<std::vector<ConfigLine>()> kafka_config;  // of the Kafka library, as it runs
  };

  // The parts outlive this. This outlives the server it is registered with, and every call of it
  // that the engine has not answered: destroy it after Engine::Stop.
  explicit AdminService(const Parts& parts);
  ~AdminService();

  AdminService(const AdminService&) = delete;
  AdminService& operator=(const AdminService&) = delete;

  // For GrpcServer, under the name kAdminService.
  grpc::Service* service();

  // Aborts TCC definitions that are being tried and waits for the tries that are out, at most for
  // one request timeout. Before Engine::StopIntake, which would leave them to their timeout, and
  // before the caller goes.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
