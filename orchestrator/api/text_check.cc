#include "orchestrator/api/text_check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace saga::api {

absl::Status CheckLength(absl::string_view what, size_t got, size_t limit, absl::string_view name,
                         absl::string_view advice) {
  if (got <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " has ", got, " bytes, at most ", limit,
                                                 " are allowed (", name, "): ", advice));
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

}  // namespace saga::api
