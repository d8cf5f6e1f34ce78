#pragma once

// The parts of a record that most transactions do not have, as one line of text for a column that
// people can read. Any bytes survive the way there and back; what is not printable is written as
// %XX.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter {

// "timeout_to_fail=35&retry_limit=3&header.tenant=blue": only what differs from core::Options{}, so
// empty for most. Durations are seconds.
std::string EncodeOptions(const core::Options& options);
absl::StatusOr<core::Options> DecodeOptions(absl::string_view text);

// How a branch is called again, where that is its own: "interval_us=2000000&factor=1.5": only what
// differs from core::RetryPolicy{}. Durations are microseconds.
std::string EncodeRetry(const core::RetryPolicy& retry);
absl::StatusOr<core::RetryPolicy> DecodeRetry(absl::string_view text);

// Headers of a message, in their order: "ce_id=order-1/ended&ce_type=saga.ended".
using Headers = std::vector<std::pair<std::string, std::string>>;
std::string EncodeHeaders(const Headers& headers);
absl::StatusOr<Headers> DecodeHeaders(absl::string_view text);

// A saga's order graph: the steps that each step waits for, separated by ",", every step closed by
// ";": ";0;0,1;". Empty: no graph.
std::string EncodePredecessors(const std::vector<std::vector<uint32_t>>& predecessors);
absl::StatusOr<std::vector<std::vector<uint32_t>>> DecodePredecessors(absl::string_view text);

}  // namespace saga::adapter
