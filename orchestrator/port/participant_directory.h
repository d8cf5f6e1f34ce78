#pragma once

// Who stands behind a target `participant://name/Operation`, or behind the address of a registered
// instance: what participants said of themselves when they registered
// (proto/saga/v1/registry.proto).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "orchestrator/core/mode.h"

namespace saga::port {

// What the engine has to know of a participant before it calls. Fields of 0 and empty texts: not
// said.
struct ParticipantFacts {
  std::string name;
  std::string command_topic;  // where its commands go when it cannot be called
  std::string method;         // of the operation asked for: what a command names
  uint32_t attempt_limit = 0;
  uint32_t capacity = 0;  // calls at once that its live instances take together
};

// One instance that is to be called, until Finish.
struct Pick {
  core::Protocol protocol = core::Protocol::kGrpc;
  std::string target;    // what to call: host:port/package.Service/Method or http://...
  std::string instance;  // for Finish
};

// Thread-safe, answers from memory.
class ParticipantDirectory {
 public:
  virtual ~ParticipantDirectory() = default;

  // nullopt: the target names no participant that ever registered.
  virtual std::optional<ParticipantFacts> Facts(std::string_view target) = 0;

  // For a target `participant://...`: the live instance with the fewest calls in flight, counted as
  // one more. NotFound: no such participant; Unimplemented: it has no such operation; Unavailable:
  // no instance is alive. The text says which and what to do.
  virtual absl::StatusOr<Pick> PickInstance(std::string_view target) = 0;

  // The call of a pick is over. `reached`: the instance answered, whatever it said.
  virtual void Finish(const Pick& pick, bool reached) = 0;
};

}  // namespace saga::port
