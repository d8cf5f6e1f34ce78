# The operator's doors to dead letters, jobs, lanes and the outbox.
saga_library(saga_api_operator
  SOURCES
    dead_letter_messages.cc dead_letter_select.cc dead_letters.cc
    destination_settings.cc destinations.cc
  DEPENDS saga_api_admin saga_api_pool saga_api_topics saga_engine saga_proto absl::synchronization
          nlohmann_json::nlohmann_json)
