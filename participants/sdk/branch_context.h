#pragma once

// Which branch of which global transaction a request belongs to. The orchestrator sends it with
// every branch call: as gRPC metadata dtm-gid, dtm-trans_type, dtm-branch_id, dtm-op, or as HTTP
// query parameters gid, trans_type, branch_id, op (protocol 3.2, 3.4, 8.3). A command that comes
// through Kafka has the same four (orchestrator/envelope/command.h), under the names of the query.
//
// Thread safety: values and free functions, no shared state.

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace saga::participants::sdk {

// trans_type on the wire: saga, tcc, msg, workflow, xa. Branches of XA have their own way in
// (xa_resource.h): a method that is not made for it must not meet one.
enum class Mode { kSaga, kTcc, kMessage, kWorkflow, kXa };

// op on the wire: action, compensate, try, confirm, cancel, msg, commit, rollback. msg is the
// check-back of a two-phase message; the last two are the second phase of XA.
enum class Op { kAction, kCompensate, kTry, kConfirm, kCancel, kCheckBack, kCommit, kRollback };

absl::string_view WireName(Mode mode);
absl::string_view WireName(Op op);

// Wire limits (protocol 7.1): columns of that size hold them in every store.
inline constexpr size_t kMaxGidBytes = 128;
inline constexpr size_t kMaxBranchIdBytes = 128;

struct BranchContext {
  std::string gid;
  Mode mode = Mode::kSaga;
  std::string branch_id;
  Op op = Op::kAction;
};

// The branch "00" under which the sender of a two-phase message runs its own local transaction
// (protocol 7.3).
BranchContext MessageSenderContext(std::string gid);

enum class ContextSource { kGrpcMetadata, kHttpQuery, kCommand };

using ContextLookup = absl::FunctionRef<std::optional<std::string>(absl::string_view name)>;

// Reads the four values through `lookup`, which is asked with the names of `source` as they are on
// the wire. INVALID_ARGUMENT names what is missing, unknown or too long; XA is unknown here. A
// request without a context must not be answered as failed for good: whoever sent it is not an
// orchestrator, or something in between lost the metadata.
absl::StatusOr<BranchContext> ReadBranchContext(ContextSource source, ContextLookup lookup);

// A branch of XA: its action comes from the client, with where to register; commit and rollback
// come from the orchestrator.
struct XaContext {
  BranchContext branch;    // mode kXa; op kAction, kCommit or kRollback
  std::string phase2_url;  // of an action: what the orchestrator calls for the second phase
  std::string
      orchestrator;  // of an action: base URL of its HTTP API, or host:port of its gRPC door
};

// The same for a branch of XA: also phase2_url and dtm, which an action must have.
absl::StatusOr<XaContext> ReadXaContext(ContextSource source, ContextLookup lookup);

}  // namespace saga::participants::sdk
