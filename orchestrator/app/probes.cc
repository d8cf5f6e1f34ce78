#include "orchestrator/app/probes.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace saga::app {

void AddProbes(api::HttpRouter& router, Readiness& readiness) {
  router.Add("GET", "/healthz", [](api::HttpRequest, api::HttpResponder responder) {
    responder.Send({.body = R"({"status":"ok"})"});
  });
  router.Add("GET", "/readyz", [&readiness](api::HttpRequest, api::HttpResponder responder) {
    const absl::Status status = readiness.Check();
    if (status.ok()) {
      responder.Send({.body = R"({"status":"ready"})"});
      return;
    }
    const nlohmann::ordered_json body = {{"status", "not ready"}, {"message", std::string(status.message())}};
    responder.Send({.status = 503, .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
  });
}

}  // namespace saga::app
