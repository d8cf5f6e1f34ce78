#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/core/limits.h"
#include "orchestrator/core/outcome.h"

namespace saga::core {

// What a participant said with a failure, an ongoing or an unknown answer, made fit to be stored
// and shown:
//  - blanks around it are gone; it is valid UTF-8 without zero bytes (what is not becomes '?'); it
//    is cut to `limit` bytes
//  - a failure ends in " FAILURE" and an ongoing answer in " ONGOING", exactly once (protocol 1.3
//  and 4.3)
std::string ReplyText(Outcome outcome, std::string_view said, size_t limit = kMaxReasonLength);

}  // namespace saga::core
