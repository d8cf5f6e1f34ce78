# The HTTP server, DTM's JSON, and DTM's HTTP calls on both.
saga_library(saga_api_http_server
  SOURCES http_connection.cc http_loop.cc http_message.cc http_router.cc http_server.cc
  DEPENDS saga_base saga_core nlohmann_json::nlohmann_json Boost::headers Threads::Threads
          absl::flat_hash_set absl::status absl::statusor absl::strings absl::synchronization)

saga_library(saga_api_dtm_json
  SOURCES dtm_json_answer.cc dtm_json_registration.cc dtm_json_request.cc dtm_json_walker.cc
          json_rpc_envelope.cc
  DEPENDS saga_api_codec saga_port nlohmann_json::nlohmann_json absl::strings absl::time)

saga_library(saga_api_http
  SOURCES dtm_http.cc dtm_http_answer.cc dtm_json_rpc.cc dtm_list.cc dtm_resets.cc dtm_topics_http.cc
  DEPENDS saga_api_calls saga_api_dtm_json saga_api_http_server saga_api_pool saga_api_topics)
