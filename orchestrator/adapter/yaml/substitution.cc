#include "orchestrator/adapter/yaml/substitution.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace saga::adapter {

namespace {

constexpr char kOpen[] = "${";
constexpr char kDefaultMark[] = ":-";

bool IsVariableName(const std::string& name) {
  if (name.empty() || absl::ascii_isdigit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

absl::StatusOr<std::string> ValueOf(const std::string& expression, const Environment& environment) {
  const size_t mark = expression.find(kDefaultMark);
  const std::string name = expression.substr(0, mark);
  if (!IsVariableName(name)) {
    return absl::InvalidArgumentError(absl::StrCat("'${", expression,
                                                   "}' names no environment variable; ",
                                                   "${NAME} or ${NAME:-default} is expected"));
  }
  const std::optional<std::string> value = environment(name);
  if (value.has_value() && !value->empty()) return *value;
  if (mark != std::string::npos) return expression.substr(mark + 2);
  return absl::InvalidArgumentError(
      absl::StrCat("the environment variable ", name, " is not set and '${", name,
                   "}' has no default; set it or write ${", name, ":-default}"));
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

absl::StatusOr<std::string> Substitute(const std::string& text, const Environment& environment) {
  std::string result;
  size_t from = 0;
  while (true) {
    const size_t open = text.find(kOpen, from);
    result.append(text, from, open - from);
    if (open == std::string::npos) return result;
    const size_t close = text.find('}', open);
    if (close == std::string::npos)
      return absl::InvalidArgumentError("'${' is never closed with '}'");
    absl::StatusOr<std::string> value =
        ValueOf(text.substr(open + 2, close - open - 2), environment);
    if (!value.ok()) return value.status();
    result += *value;
    from = close + 1;
  }
}

}  // namespace saga::adapter
