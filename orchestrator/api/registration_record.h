#pragma once

// What a participant said of itself when it registered, and how that is stored: one record for each
// participant, a JSON object with its instances. Pure functions, thread-safe, none throws.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/core/mode.h"

namespace saga::api {

// Of the records that hold participants; their keys are the participants' names.
inline constexpr char kParticipantCategory[] = "participant";

// One thing that a participant can be asked to do; the fields are those of
// proto/saga/v1/registry.proto.
struct RegisteredOperation {
  std::string name;
  std::string method;
  std::string kind;
  bool idempotent = false;

  bool operator==(const RegisteredOperation&) const = default;
};
using OperationTable = std::vector<RegisteredOperation>;

struct RegisteredInstance {
  std::string address;
  core::Protocol protocol = core::Protocol::kGrpc;
  OperationTable operations;
  uint32_t capacity = 0;
  uint32_t lease_s = 0;
  std::string version;
  base::Time registered;
  // On a shared store: the node that hears its heartbeats (port::NodeView::id), and whether they
  // have stopped there, or say that it does not serve. Others go by that.
  uint64_t node = 0;
  bool away = false;

  bool operator==(const RegisteredInstance&) const = default;
};

struct RegistrationRecord {
  // Of the instance that registered last. They stay when there is no instance any more.
  OperationTable operations;
  std::string command_topic;
  uint32_t attempt_limit = 0;
  std::vector<RegisteredInstance> instances;

  bool operator==(const RegistrationRecord&) const = default;
};

// An instance's operations are written only where they are not those of the record.
std::string EncodeRegistration(const RegistrationRecord& record);

// nullopt: the text is no such record. Fields that are not known are passed over.
std::optional<RegistrationRecord> DecodeRegistration(std::string_view text);

// The method behind an operation; null: there is no such operation.
const RegisteredOperation* FindOperation(const OperationTable& operations, std::string_view name);

}  // namespace saga::api
