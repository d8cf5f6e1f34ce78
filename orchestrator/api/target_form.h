#pragma once

// Whether a target can be called at all (protocol 3.1 and 3.4). DTM takes any text and calls it
// again and again; here a target that no transport understands is refused where it comes in. Pure
// function, thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/mode.h"

namespace saga::api {

// What a step of a message begins its action with to send it to a topic (topic_steps.h).
inline constexpr std::string_view kTopicScheme = "topic://";

// InvalidArgument with a text that says what to send instead. Good are
//   - the empty target, which succeeds without a call
//   - http:// and https:// with a host, in any transaction
//   - host:port/package.Service/Method in a gRPC transaction
//   - participant://name/Operation, in any transaction; whether somebody has registered as that is
//     seen when it is called
// Schemes of service registries (nacos://, etcd://, discovery://, ...) are not: nobody resolves
// them. Nor is topic://, which is no target but the name of several. Without a protocol
// (registerBranch does not know the transaction's) any text without a scheme passes. `what` names
// the field.
absl::Status CheckTargetForm(absl::string_view what, std::optional<core::Protocol> protocol,
                             absl::string_view target);

}  // namespace saga::api
