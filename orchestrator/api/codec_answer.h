#pragma once

// What the engine answered, as DTM's protocol words it (protocol 1.3 to 1.6). The texts are what
// unmodified clients match, show and store, spelling included; doc/protocol.md lists them.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "orchestrator/engine/engine.h"

namespace saga::api {

// The calls that change something. NewGid and the queries have no engine answer.
enum class RequestKind : uint8_t {
  kPrepare,
  kSubmit,
  kAbort,
  kRegisterBranch,
  kPrepareWorkflow,
  kEndWorkflow,  // submit of a workflow
  kForceStop,
  kRetryNow,  // resetNextCronTime
};

struct WireAnswer {
  //               gRPC status          HTTP status and body
  enum class Kind : uint8_t {
    kSuccess,  // OK                   200 {"dtm_result":"SUCCESS"}
    kFailure,  // ABORTED              409 {"dtm_result":"FAILURE","message":text}
    kOngoing,  // FAILED_PRECONDITION  425 {"dtm_result":"ONGOING","message":text}
    kError,    // UNKNOWN              500 {"message":text}
    // Bad input, or an abort of an unknown gid: DTM panics, hence the code.
    kBadRequest,  // INTERNAL             500 {"message":text}
    // A limit was reached: nothing was done, try again.
    kOverloaded,  // RESOURCE_EXHAUSTED   503 {"message":text}
    // Stopping, or the store fails, or whoever was asked in a store of several nodes went away:
    // the text says what is known. A repeat is right.
    kUnavailable,  // UNAVAILABLE          503 {"message":text}
  };

  Kind kind = Kind::kSuccess;
  std::string text;  // empty for kSuccess

  bool operator==(const WireAnswer&) const = default;
};

// What was asked, as far as the answer's wording depends on it.
struct Asked {
  RequestKind kind = RequestKind::kSubmit;
  std::string gid;
  // Submit with wait_result: the answer tells how the transaction went, not only that it was taken.
  // An abort tells it when the prepare or submit asked for that (protocol 5.8), which the
  // transaction itself knows.
  bool waited = false;
};

WireAnswer ToWire(const Asked& asked, const engine::Answer& answer);

// A refusal from before the engine (Validate, ToDraft, ToRegistration, a door's own parsing).
// InvalidArgument becomes kBadRequest, ResourceExhausted kOverloaded, Unavailable kUnavailable,
// anything else kError.
WireAnswer ToWire(const absl::Status& refusal);

// `text` ending in exactly one " FAILURE" (protocol 1.3).
std::string WithFailure(std::string text);

}  // namespace saga::api
