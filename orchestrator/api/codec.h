#pragma once

// The one place where DTM's wire meets the core: what a request says as plain data (DtmRequest,
// DtmRegistration), how it becomes the core's events, and (codec_answer.h) how the engine's answer
// becomes the wire's. Transport-neutral: the gRPC door and the HTTP door fill the same structures.
// Pure functions, thread-safe.
//
// A door does: fill the structure -> Validate (validate.h) -> ToDraft -> engine -> ToWire
// (codec_answer.h). api/dtm_calls.h does the last four for it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/api/codec_answer.h"
#include "orchestrator/api/codec_json.h"
#include "orchestrator/base/bytes.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/core/words.h"

namespace saga::api {

// Body of prepare, submit and abort (protocol 2.1). Fields are as the client sent them.
struct DtmRequest {
  std::string gid;
  std::string trans_type;
  std::vector<DtmStep> steps;
  std::vector<base::Bytes> payloads;  // payload i belongs to step i; null: empty
  core::Options options;
  std::string custom_data;  // JSON text
  std::string query_prepared;
  std::string protocol;     // "", http, json-rpc or grpc; the gRPC door always says grpc
  bool concurrent = false;  // message only; a saga's stands in custom_data
  bool wait_result = false;
  std::string rollback_reason;  // abort
  // Submit of a workflow: "status" (succeed or failed), "rollback_reason", "result" (base64).
  std::map<std::string, std::string> req_extra;
};

// registerBranch (protocol 2.3).
struct DtmRegistration {
  std::string gid;
  std::string trans_type;
  std::string branch_id;
  std::string confirm;  // TCC: targets; empty: succeeds without a call
  std::string cancel;
  std::string url;     // XA: target of both ops
  std::string op;      // workflow: what the step was
  std::string status;  // workflow: succeed or failed
  base::Bytes payload;
};

// "01", "02", ..., "100": branch id of the 0-based step (protocol 8.2).
std::string BranchIdOf(size_t step);

// What a request's `protocol` says: nothing is http (protocol 2.1). nullopt: it is none.
std::optional<core::Protocol> ProtocolFromWord(std::string_view word);

// Over HTTP line feeds, carriage returns and semicolons are taken out of a gid (protocol 2.1).
std::string CleanHttpGid(std::string_view gid);

// Moves non-empty `data` of the steps behind the payloads (protocol 2.1, `steps[i].data`). HTTP
// only, before Validate.
void TakeLegacyData(DtmRequest& request);

// The transaction a prepare or submit describes, with its rows (core::Prepared, core::Submitted):
//   saga: per step compensate, then action, sharing the step's payload;
//   tcc, xa: none, they are registered later;
//   msg:  an action per step, or per receiver of a step (branch "01-02") when it has several; a
//         prepare adds the check-back (branch "00", op kQuery);
//   workflow: its callback (branch "00", op kCallback), when it names a target for that.
// `request` has passed Validate. InvalidArgument: custom_data is not what its mode takes.
absl::StatusOr<core::GlobalTransaction> ToDraft(RequestKind kind, DtmRequest request);

// TCC: the cancel row, then the confirm row. XA: rollback, then commit. Workflow: the step's row,
// ended. `registration` has passed Validate.
core::BranchRegistered ToRegistration(DtmRegistration registration);

// How the client says that its workflow ended. `request` has passed Validate.
core::WorkflowEnded ToWorkflowEnd(DtmRequest request);

}  // namespace saga::api
