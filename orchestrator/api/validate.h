#pragma once

// Checks that every door makes before a request reaches the core: the limits of core/limits.h, the
// types that are served, and bytes that no participant could be sent. Pure functions, thread-safe.
//
// Every refusal is InvalidArgument with a text that names the field, what is allowed and under
// which limit's name (a key of doc/config.md, or one of core/limits.h), what was sent, and what to
// do. Exceptions are worded by the protocol: `unknow trans type: <t>` of registerBranch (Unknown).

#include <string>

#include "absl/status/status.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

// Prepare and submit are checked whole; of an abort only the gid is read.
absl::Status Validate(RequestKind kind, const DtmRequest& request,
                      const core::RequestLimits& limits = {});

absl::Status Validate(const DtmRegistration& registration, const core::RequestLimits& limits = {});

// The gid of a call that has nothing else.
absl::Status ValidateGid(const std::string& gid);

}  // namespace saga::api
