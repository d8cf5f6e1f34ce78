#pragma once

// Saga definitions as they come from outside: read and checked by an adapter, used by the
// operator's door. What format they are written in and how a payload becomes bytes is the adapter's
// business.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/bytes.h"
#include "orchestrator/core/definition.h"

namespace saga::port {

// What one input makes of a definition.
struct MappedInput {
  std::string gid;                    // from the definition's key; empty when it was not asked for
  std::vector<base::Bytes> payloads;  // one per step
};

// The payload mapping of one definition. Thread-safe, touches nothing outside of the process.
class InputMapping {
 public:
  virtual ~InputMapping() = default;

  // `input_json` is a JSON object of at most limit.request_bytes; empty text stands for {}.
  // `with_gid`: make the gid too, which needs a key. InvalidArgument when the input does not fit;
  // the text names the step and the field.
  virtual absl::StatusOr<MappedInput> Apply(const std::string& input_json, bool with_gid) const = 0;
};

struct LoadedDefinition {
  core::SagaDefinition definition;  // core::Validate has no problem with it
  std::shared_ptr<const InputMapping> mapping;
  std::string source;  // where it was read from, for people
};

}  // namespace saga::port
