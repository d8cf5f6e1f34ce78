#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/client/call.h"
#include "tests/bench/client/transport.h"

namespace saga::bench {

enum class Mode { kSaga, kTcc, kMessage, kXa };

[[nodiscard]] absl::StatusOr<Protocol> ParseProtocol(const std::string& text);  // grpc, http
[[nodiscard]] absl::StatusOr<Mode> ParseMode(const std::string& text);  // saga, tcc, msg, xa

struct ScriptOptions {
  Protocol protocol = Protocol::kGrpc;
  Mode mode = Mode::kSaga;
  Address participant;      // where the branches are: of the same protocol
  int branches = 2;         // per global transaction, at least 1
  int payload_bytes = 32;   // of each branch, at least 1
  bool wait_result = true;  // submit answers when the transaction has ended
  bool hang = false;        // branches call methods that never answer
};

// The calls a client makes for one global transaction, in order, each after the answer to the one
// before:
//   saga     submit
//   message  prepare, submit (the local transaction between them is empty)
//   TCC      prepare, then register and try of each branch, then submit
//   XA       prepare, then register and action of each branch, then submit; the register stands for
//            the participant's own
// These are what DTM's client libraries send for the same transaction. Immutable, so thread-safe.
class Script {
 public:
  virtual ~Script() = default;
  [[nodiscard]] virtual int Calls() const = 0;
  // index is 0 .. Calls() - 1.
  [[nodiscard]] virtual Call Make(const std::string& gid, int index) const = 0;
};

[[nodiscard]] std::unique_ptr<Script> MakeScript(const ScriptOptions& options);

// The two behind MakeScript.
[[nodiscard]] std::unique_ptr<Script> MakeGrpcScript(const ScriptOptions& options);
[[nodiscard]] std::unique_ptr<Script> MakeHttpScript(const ScriptOptions& options);

// The part both protocols share: which call comes at an index of a mode's script.
enum class CallKind { kPrepare, kRegister, kFirstPhase, kSubmit };
struct Position {
  CallKind kind = CallKind::kSubmit;
  int branch = 0;  // of kRegister and kFirstPhase, counted from 1
};
[[nodiscard]] int CallsOf(Mode mode, int branches);
[[nodiscard]] Position PositionOf(Mode mode, int branches, int index);

// Whether the branches are named by the submit, and not registered one by one.
[[nodiscard]] bool HasSteps(Mode mode);

// "saga", "tcc", "msg", "xa": the mode's name on the wire.
[[nodiscard]] std::string WireName(Mode mode);
// "01", "02" ...: the branch_id of the branch counted from 1.
[[nodiscard]] std::string BranchId(int branch);

}  // namespace saga::bench
