#pragma once

// Messages of the gRPC door read into the structures of codec.h, and back (protocol 1.6). Texts and
// payloads are moved out of the messages. Pure functions, thread-safe.

#include <cstddef>

#include "absl/status/statusor.h"
#include "dtmgimp/dtm.pb.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/transaction.h"

namespace saga::api {

// Prepare, Submit and PrepareWorkflow. InvalidArgument: Steps is not what ParseSteps takes.
absl::StatusOr<DtmRequest> TakeRequest(dtmgimp::DtmRequest& from,
                                       size_t max_steps = core::kMaxSteps);

// Abort: only what an abort reads, so that a client that cannot word its steps can still take its
// transaction back.
DtmRequest TakeAbort(dtmgimp::DtmRequest& from);

DtmRegistration TakeRegistration(dtmgimp::DtmBranchRequest& from);

// The transaction and the steps noted so far, its result among them: DTM leaves that out
// (protocol 11.1 #9).
dtmgimp::DtmProgressesReply ToProgress(const core::GlobalTransaction& transaction);

}  // namespace saga::api
