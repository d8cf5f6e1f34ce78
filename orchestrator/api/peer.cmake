# What the nodes of a shared store ask each other.
saga_library(saga_api_peer
  SOURCES peer_client.cc peer_messages.cc peer_service.cc
  DEPENDS saga_engine saga_record saga_proto absl::flat_hash_map absl::status absl::statusor absl::strings
          absl::synchronization)
