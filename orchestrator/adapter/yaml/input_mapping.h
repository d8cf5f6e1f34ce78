#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "orchestrator/adapter/yaml/proto_library.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/port/definition_source.h"

namespace saga::adapter {

// The mapping of `definition`; `protos` describe the messages it names, null when it names none.
std::shared_ptr<const port::InputMapping> MakeInputMapping(
    core::SagaDefinition definition, std::shared_ptr<const ProtoLibrary> protos,
    const core::RequestLimits& limits);

// Whether what a step's payload says without any input fits its message: wrong literals show up at
// load time.
absl::Status CheckLiterals(const core::StepDefinition& step, const ProtoLibrary& protos);

}  // namespace saga::adapter
