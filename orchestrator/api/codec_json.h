#pragma once

// JSON that travels as text inside other fields: `Steps` of the gRPC door and `custom_data` of both
// (protocol 2.1). Every function refuses what is not as described with InvalidArgument and a text
// that says where and what is allowed; none of them throws, and none recurses deeper than the text
// is allowed to nest (core::kMaxJsonDepth).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

struct DtmStep {
  std::string action;      // target; empty: succeeds without a call
  std::string compensate;  // saga only
  // The payload as clients before DTM 1.10 send it, over HTTP only. See TakeLegacyData in codec.h.
  std::string data;
  // Targets in place of an action that names a topic. Not on the wire: FillReceivers in
  // topic_steps.h.
  std::vector<std::string> receivers;
};

// Any JSON text, no deeper than core::kMaxJsonDepth. `name` is what an error calls the text.
absl::StatusOr<nlohmann::json> ParseJson(const std::string& name, std::string_view text);

// `[{"action":"...","compensate":"..."}, ...]`; "", "null" and "[]" are no steps. Other keys of a
// step are passed over, their values must be strings too. More than `max_steps` steps are
// counted but not kept, and refused.
absl::StatusOr<std::vector<DtmStep>> ParseSteps(std::string_view text,
                                                size_t max_steps = core::kMaxSteps);

struct SagaCustomData {
  bool concurrent = false;
  // predecessors[i]: the 0-based steps that step i waits for. Empty: no order.
  std::vector<std::vector<uint32_t>> predecessors;
};

// `{"concurrent":bool,"orders":{"<step>":[<step>...]}}`, both optional and nullable; empty text is
// none of it. Steps that do not exist and orders that no saga could ever finish (a cycle, or
// against the sequence when not concurrent) are refused. A list in place of the orders object is
// read as if its positions were the keys: PHP's encoder writes that when the keys are 0..n
// (protocol 11.1 #16).
absl::StatusOr<SagaCustomData> ParseSagaCustomData(std::string_view text, size_t steps);

struct WorkflowCustomData {
  std::string name;
  std::string data;  // the input, decoded
};

// `{"name":"<text>","data":"<base64>"|null}`, both optional; empty text is none of it.
absl::StatusOr<WorkflowCustomData> ParseWorkflowCustomData(std::string_view text);

// `{"delay":<seconds>}`, optional and nullable; empty text is 0.
absl::StatusOr<int64_t> ParseMessageDelay(std::string_view text);

}  // namespace saga::api
