#include "cli/command/payload_change.h"

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/printer/payload.h"

namespace saga::cli {

namespace {

using nlohmann::ordered_json;

// Throws what nlohmann throws for a path that leads nowhere.
void Set(const std::string& path, const std::string& value, ordered_json& json) {
  const std::string pointer_text = absl::StartsWith(path, "/")
                                       ? path
                                       : absl::StrCat("/", absl::StrReplaceAll(path, {{".", "/"}}));
  const ordered_json::json_pointer pointer(pointer_text);
  ordered_json& parent = json.at(pointer.parent_pointer());
  ordered_json parsed = ordered_json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) parsed = value;
  if (parent.is_object()) {
    parent[pointer.back()] = std::move(parsed);
  } else {
    json.at(pointer) = std::move(parsed);
  }
}

}  // namespace

std::string PayloadProblem(const std::string& before, const std::string& after) {
  std::string problem;
  if (!before.empty() && IsJson(before) && !IsJson(after, &problem))
    return absl::StrCat("the payload is JSON and has to stay JSON: ", problem);
  return "";
}

std::string SetValues(const std::vector<std::string>& assignments, std::string* payload) {
  if (!IsJson(*payload)) return "--set is for JSON, and the payload is none; use --payload FILE";
  if (!IsRewritable(*payload)) {
    return "--set would change other numbers or names of this payload, too, since they cannot be "
           "kept exactly; use --payload FILE";
  }
  ordered_json json = ordered_json::parse(*payload);
  for (const std::string& assignment : assignments) {
    const size_t sign = assignment.find('=');
    if (sign == std::string::npos || sign == 0)
      return absl::StrCat("--set is PATH=VALUE, like items.0.quantity=1, not \"", assignment, "\"");
    const std::string path = assignment.substr(0, sign);
    try {
      Set(path, assignment.substr(sign + 1), json);
    } catch (const ordered_json::exception&) {
      return absl::StrCat("there is nothing at \"", path, "\" in the payload that could be set");
    }
  }
  *payload = json.dump();
  return "";
}

}  // namespace saga::cli
