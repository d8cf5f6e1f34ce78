#pragma once

// What a participant may say of itself. Pure function, thread-safe.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "orchestrator/api/registration_record.h"
#include "orchestrator/core/mode.h"

namespace saga::api {

// The fields are those of RegisterRequest (proto/saga/v1/registry.proto). Texts are UTF-8, as gRPC
// delivers them.
struct Registration {
  std::string participant;
  std::string instance;
  core::Protocol protocol = core::Protocol::kGrpc;
  OperationTable operations;
  std::string command_topic;
  uint32_t capacity = 0;
  uint32_t lease_s = 0;  // 0: core::kDefaultLease
  uint32_t attempt_limit = 0;
  std::string version;
};

// InvalidArgument with the field's name and what is allowed there; ResourceExhausted for more
// operations than core::kMaxOperations.
absl::Status CheckRegistration(const Registration& registration);

}  // namespace saga::api
