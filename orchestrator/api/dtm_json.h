#pragma once

// DTM's JSON over HTTP: bodies read into the structures of codec.h, and transactions written as
// queries show them (protocol 2.1, 2.3, 2.4). Pure functions, thread-safe, none throws.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

// Whether a gid loses its line feeds, carriage returns and semicolons: over HTTP it does, in
// JSON-RPC it does not (protocol 1.5 and 2.1).
enum class GidForm : uint8_t { kCleaned, kAsSent };

// Body of prepare, submit and abort. As tolerant as DTM's server, because six client libraries rely
// on it:
//  - keys in any case; one that comes twice counts the last time, in whatever case it comes
//  - keys that mean nothing here are passed over, with whatever value they have
//  - null anywhere is "not said"
//
// And as strict: a known key with a value of another type is refused, and a number with a fraction
// is not an integer. Stricter in one thing: text that is not UTF-8, or an escaped half of a
// surrogate pair, is refused instead of being replaced. A payload is what the client said or
// nothing.
//
// `data` of steps stands behind the payloads.
//
// InvalidArgument, worded after Go's JSON library ("json: cannot unmarshal string into field
// timeout_to_fail of type int64"); also beyond core::kMaxJsonDepth, at which reading ends at once,
// `max_steps` and kMaxBranchHeaders.
absl::StatusOr<DtmRequest> DecodeRequest(std::string_view body, GidForm gid = GidForm::kCleaned,
                                         size_t max_steps = core::kMaxSteps);

// Body of registerBranch: an object whose values are all strings or null, known or not
// (protocol 2.3). Keys as written.
absl::StatusOr<DtmRegistration> DecodeRegistration(std::string_view body,
                                                   GidForm gid = GidForm::kCleaned);

// {"branches":[...],"transaction":{...}}. InvalidArgument when the payloads alone make more than
// core::kHttpAnswerSize. `next_wake` is shown as next_cron_time,
// `interval` as next_cron_interval in seconds, 0 not at all. Rows that ask back
// (core::IsAskBack) are not shown.
absl::StatusOr<std::string> EncodeQuery(const core::GlobalTransaction& transaction,
                                        base::Time next_wake, base::Duration interval = {});

// {"progresses":[...],"transaction":{...}}: the answer of prepareWorkflow, with the steps noted so
// far. Refuses as EncodeQuery does.
absl::StatusOr<std::string> EncodeProgress(const core::GlobalTransaction& transaction);

// The same as EncodeQuery for a gid that does not exist: {"branches":[],"transaction":null}.
std::string EncodeQueryOfNone();

// {"next_position":...,"transactions":[...]}; an empty list is [].
std::string EncodeList(const std::vector<port::StoredTransaction>& transactions,
                       const std::string& next_position);

// {"next_position":...,"transactions":null}: a list by a gid that does not exist (protocol 2.2).
std::string EncodeListOfNone(const std::string& next_position);

// "2024-05-06T07:08:09.012345+00:00"
std::string FormatTime(base::Time time);

}  // namespace saga::api
