# Participants that register.
saga_library(saga_api_registry
  SOURCES participants.cc participants_directory.cc participants_shared.cc registration_check.cc registration_record.cc registry.cc
  DEPENDS saga_api_codec saga_api_pool saga_port saga_proto nlohmann_json::nlohmann_json
    absl::flat_hash_map absl::status absl::statusor absl::strings absl::synchronization)
