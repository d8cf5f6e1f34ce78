# Definitions as transactions, and the operator's door.
saga_library(saga_api_admin
  SOURCES
    admin.cc admin_history.cc admin_messages.cc
    definition_registry.cc definition_submit.cc definition_tcc.cc
    waiting.cc
  DEPENDS saga_api_codec saga_engine saga_proto absl::synchronization absl::time nlohmann_json::nlohmann_json)
