#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// Hands the metadata of a branch call to `add`, in the order of protocol 3.4: the five dtm-
// entries, then the transaction's headers in lower case. Everything handed over can be sent as it
// is; gRPC would stop the process otherwise. Returns an empty text, or says what cannot be sent.
std::string ForEachMetadata(const port::BranchCall& call,
                            absl::FunctionRef<void(std::string key, std::string value)> add);

// A method that can be sent: printable ASCII without blanks.
bool IsSendableMethod(const std::string& method);

}  // namespace saga::adapter
