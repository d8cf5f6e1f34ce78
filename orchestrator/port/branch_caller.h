#pragma once

// Calling a participant.

#include <memory>
#include <map>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "orchestrator/base/bytes.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/core/words.h"

namespace saga::port {

struct BranchCall {
  std::string gid;
  core::Mode mode = core::Mode::kSaga;
  std::string branch_id;
  core::Op op = core::Op::kAction;
  // What the participant reads as op; empty: the op's word. A workflow's callback carries the
  // workflow's name there (protocol 3.5).
  std::string op_name;
  core::Protocol protocol = core::Protocol::kHttp;
  std::string target;  // never empty
  base::Bytes payload;
  std::map<std::string, std::string> headers;  // branch_headers of the transaction
  base::Duration timeout;                      // for the whole call

  std::string_view OpWord() const {
    return op_name.empty() ? core::WordOf(op) : std::string_view(op_name);
  }
};

// Whether the participant was there, for lanes and their breakers.
enum class Reach : uint8_t {
  kAnswered = 1,     // it answered, whatever it said
  kUnreachable = 2,  // refused, broken off, or said by something in front of it to be away
  kTimedOut = 3,     // no answer within the call's timeout
};

struct BranchReply {
  core::Outcome outcome = core::Outcome::kUnknown;
  std::string text;  // why, for any outcome but success; as protocol section 4 words it
  Reach reach = Reach::kAnswered;
  // Why asking again would be of no use, as far as the answer alone tells: kUnknownMethod (gRPC
  // UNIMPLEMENTED; HTTP 404, 405, 501), kContract (gRPC INVALID_ARGUMENT, OUT_OF_RANGE; HTTP 400,
  // 413, 415, 422), kUndecodable. Only with kUnknown.
  core::DeadReason hopeless = core::DeadReason::kNone;
};

// Thread-safe.
class BranchCaller {
 public:
  using Done = absl::AnyInvocable<void(BranchReply)>;

  virtual ~BranchCaller() = default;

  // Starts a call and returns without waiting. `done` runs exactly once, on any thread, possibly
  // before Call returns; it only enqueues. A call that has no answer after `timeout` ends with
  // kUnknown; so does one that cannot be made at all (bad target, refused connection).
  virtual void Call(BranchCall call, Done done) = 0;
};

}  // namespace saga::port
