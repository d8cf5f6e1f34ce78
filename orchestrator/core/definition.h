#pragma once

// A saga as data: what sagas/*.saga.yaml says once it has been read (sagas/README.md describes the
// file). A definition plus one input makes one global transaction. Plain data and pure functions; a
// transaction keeps the rows it was born with, so a newer version of its definition changes nothing
// for it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/base/bytes.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

// How one value of a payload comes about: a tree with literals and places in the input as leaves.
struct PayloadValue {
  enum class Kind : uint8_t { kLiteral, kInput, kMap, kList };

  Kind kind = Kind::kLiteral;
  // kLiteral: JSON text of a number, string, bool or null
  std::string literal;
  // kInput: names from the root of the input on; empty: the input itself
  std::vector<std::string> path;
  // kMap: names[i] is the name of items[i]
  std::vector<std::string> names;
  // kMap, kList
  std::vector<PayloadValue> items;

  bool operator==(const PayloadValue&) const = default;
};

// Of a RetryPolicy in a definition.
inline constexpr double kMaxRetryFactor = 100;

struct StepDefinition {
  std::string name;
  std::string action;  // target; TCC: of the try
  // saga. Unset: not said, which Validate refuses. Empty: nothing to undo.
  std::optional<std::string> compensate;
  std::string confirm;             // TCC
  std::string cancel;              // TCC
  std::vector<std::string> after;  // saga with `concurrent`: names of the steps this one waits for
  std::string message;  // gRPC: full name of the request message that the payload becomes
  std::optional<PayloadValue> payload;  // unset: an empty request
  RetryPolicy retry;  // of all the step's ops that sagad repeats; zeros: as the options have it
};

// How the gid comes from the input, so that a repeated submit finds the first one (house rule: the
// business key is the identity). The values of the fields are joined by '/' behind the prefix.
struct KeyDefinition {
  std::string prefix;
  // Places in the input, each a string, a whole number or a bool.
  std::vector<std::vector<std::string>> fields;
};

struct SagaDefinition {
  std::string name;      // [a-z0-9_]+
  uint32_t version = 0;  // from 1; of several versions of a name the highest is used
  std::string description;
  Mode mode = Mode::kSaga;
  Protocol protocol = Protocol::kGrpc;
  std::optional<KeyDefinition> key;  // unset: every submit names its gid
  Options options;
  // saga, message: steps without an order between them run at the same time.
  bool concurrent = false;
  std::vector<std::string> protos;  // files that describe the messages
  std::vector<StepDefinition> steps;
};

struct DefinitionProblem {
  // The field, as the file words it: "steps[2].after[0]"; empty: the whole definition.
  std::string path;
  std::string text;  // what is wrong and what is allowed
};

// Everything that is wrong with a definition, in the order of its fields; empty: it is good. The
// only validation there is: whatever a definition was read from, it goes through here.
[[nodiscard]] std::vector<DefinitionProblem> Validate(const SagaDefinition& definition);

// The name of a step's first target in the file: "try" for a TCC, otherwise "action".
std::string FirstTargetName(Mode mode);

// "01", "02", ..., "100": branch id of the 0-based step (protocol 8.2).
std::string StepBranchId(size_t step);

// The gid made of the values of key.fields, in order. With more than one field a '/' or '%' inside
// of a value is written as %2F or %25, so that different values never make the same gid.
std::string GidFromKey(const KeyDefinition& key, const std::vector<std::string>& values);

// The draft to submit (core::Submitted), or for a TCC to prepare (core::Prepared). `definition` is
// valid; payloads[i] is what step i is sent. Rows in the protocol's order (protocol 3.5, 5.3):
// saga: per step compensate, then action; message: an action per step; TCC: none, see TccBranch.
[[nodiscard]] GlobalTransaction Instantiate(const SagaDefinition& definition,
                                            const std::string& gid,
                                            const std::vector<base::Bytes>& payloads);

// The registration of a TCC's 0-based step: cancel, then confirm.
[[nodiscard]] BranchRegistered TccBranch(const SagaDefinition& definition, size_t step,
                                         const base::Bytes& payload);

}  // namespace saga::core
