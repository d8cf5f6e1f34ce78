#pragma once

// One HTTP request over a connection of its own. For the rare call that a participant or a test
// makes itself; sagad has its own client, which keeps connections.
//
// Thread safety: a free function, no shared state.

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "participants/sdk/http_message.h"

namespace saga::participants::sdk {

// POSTs `body` to an http:// URL, or GETs it when `body` is empty, as an orchestrator does
// (protocol 3.2). INVALID_ARGUMENT: not such a URL; DEADLINE_EXCEEDED: no answer within `timeout`;
// UNAVAILABLE: any other trouble on the way. In the last two cases the request may have been
// handled.
absl::StatusOr<HttpResponse> CallHttp(absl::string_view url, const std::string& body,
                                      const std::map<std::string, std::string>& headers,
                                      absl::Duration timeout);

}  // namespace saga::participants::sdk
