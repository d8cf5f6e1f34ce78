#pragma once

// A whole HTTP door for a test: the real engine behind the real server on a free port, over a store
// in memory and participants that do as they are told.

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/api/dtm_http.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/http_server.h"
#include "orchestrator/api/metrics.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/api/topics.h"
#include "orchestrator/engine/engine.h"
#include "tests/integration/grpc_door/scripted_caller.h"
#include "tests/integration/grpc_door/switchable_store.h"
#include "tests/unit/api_http/raw_http.h"

namespace saga::integration {

// What came back; status 0: nothing did.
struct Reply {
  int status = 0;
  std::string body;
  std::string content_type;

  nlohmann::json Json() const {
    return nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  }
};

class HttpDoor {
 public:
  explicit HttpDoor(const engine::EngineOptions& options = {});
  ~HttpDoor();

  ScriptedCaller& caller() { return caller_; }
  SwitchableStore& store() { return store_; }
  engine::Engine& engine() { return *engine_; }
  api::HttpServer& server() { return *server_; }

  void SetReady(absl::Status ready) ABSL_LOCKS_EXCLUDED(mutex_);

  // On a connection of their own.
  Reply Get(const std::string& target);
  Reply Post(const std::string& target, const std::string& body);
  // POST /api/dtmsvr/<name>.
  Reply Call(const std::string& name, const nlohmann::json& body) {
    return Post("/api/dtmsvr/" + name, body.dump());
  }

  // What query shows of `gid`.
  nlohmann::json Query(const std::string& gid);
  // True when query shows this status within 20 s.
  bool Reaches(const std::string& gid, const std::string& status);

 private:
  api::ScrapeFacts Scrape();

  ScriptedCaller caller_;
  SwitchableStore store_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  api::GidSource gids_{clock_, entropy_};
  adapter::MemoryKv records_;
  api::Topics topics_{records_, clock_};
  api::TopicCalls topic_calls_{topics_};
  adapter::ThreadExecutor executor_;
  absl::Mutex mutex_;
  absl::Status ready_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<api::Metrics> metrics_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<api::DtmHttpDoor> door_;
  api::HttpRouter router_;
  std::unique_ptr<api::HttpServer> server_;
};

// A request with `steps` steps "http://b/act1", "http://b/undo1" and payload "p1", ...
nlohmann::json Request(const std::string& gid, const std::string& trans_type, int steps,
                       bool wait = true);

// Branch `id` of a TCC with targets "http://b/confirm<id>" and "http://b/cancel<id>".
nlohmann::json Branch(const std::string& gid, const std::string& id);

}  // namespace saga::integration
