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

// trans_type on the wire: saga, tcc, msg, workflow. A participant on SQLite cannot be part of XA:
// the database has no two-phase commit.
enum class Mode { kSaga, kTcc, kMessage, kWorkflow };

// op on the wire: action, compensate, try, confirm, cancel, msg. The last one is the check-back of
// a two-phase message.
enum class Op { kAction, kCompensate, kTry, kConfirm, kCancel, kCheckBack };

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

// Reads the four values through `lookup`, which is asked with the names of `source` as they are on
// the wire. INVALID_ARGUMENT names what is missing, unknown or too long. A request without a
// context must not be answered as failed for good: whoever sent it is not an orchestrator, or
// something in between lost the metadata.
absl::StatusOr<BranchContext> ReadBranchContext(
    ContextSource source,
    absl::FunctionRef<std::optional<std::string>(absl::string_view name)> lookup);

}  // namespace saga::participants::sdk
