#pragma once

// The target of an HTTP request line: "/path?name=value&...".
//
// Thread safety: free functions, no shared state.

#include <string>

#include "absl/strings/string_view.h"
#include "participants/sdk/http_message.h"

namespace saga::participants::sdk {

// "%41+b" -> "A b". A '%' without two hexadecimal digits stays as it is.
std::string PercentDecode(absl::string_view text);
// Everything but letters, digits and -_.~ becomes %XX.
std::string PercentEncode(absl::string_view text);

// Splits and decodes `target` into `request`'s path and query.
void ParseTarget(absl::string_view target, HttpRequest& request);

}  // namespace saga::participants::sdk
