#pragma once

// What must hold for everything that a decoder lets through: it is refused with words, or it
// becomes a transaction that can be stored, shown and called.

#include <string>

#include "absl/status/status.h"
#include "orchestrator/api/codec.h"

namespace saga::fuzz {

// A refusal has a text, and not one that repeats megabytes of the request.
void CheckRefusal(const absl::Status& refusal);

void CheckAccepted(const api::DtmRequest& request);
void CheckAccepted(const api::DtmRegistration& registration);

// As the HTTP door reads them.
std::string ToJson(const api::DtmRequest& request);
std::string ToJson(const api::DtmRegistration& registration);

}  // namespace saga::fuzz
