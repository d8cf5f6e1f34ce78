#include "cli/command/filter_argument.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"
#include "orchestrator/base/utf8.h"

namespace saga::cli {

namespace {

constexpr char kPlace[] = "filter, character ";

}  // namespace

void AddFilter(cxxopts::OptionAdder& add) {
  AddText(add, "filter", "the same as FILTER; sagactl help filter explains the language", "FILTER");
}

bool ReadFilter(const Call& call, std::string* filter) {
  if (call.Has("filter") && !call.arguments().empty()) {
    Complain("--filter and a filter as an argument: one of them is enough");
    return false;
  }
  *filter = call.Has("filter") ? call.Text("filter") : absl::StrJoin(call.arguments(), " ");
  return true;
}

std::string MarkedFilter(const std::string& message, const std::string& filter) {
  if (!absl::StartsWith(message, kPlace)) return "";
  const long character = std::strtol(message.c_str() + sizeof(kPlace) - 1, nullptr, 10);
  std::string before;
  long seen = 0;
  for (const char c : filter) {
    if (!base::IsUtf8Continuation(c) && ++seen == character) break;
    before += c;
  }
  return absl::StrCat("  ", OneLine(filter), "\n  ", std::string(Columns(OneLine(before)), ' '),
                      "^\n");
}

ExitCode FailedFilter(const grpc::Status& status, const std::string& filter) {
  const ExitCode code = Failed(status);
  std::cerr << MarkedFilter(status.error_message(), filter);
  if (code == ExitCode::kUsage && absl::StartsWith(status.error_message(), "filter"))
    Complain("sagactl help filter explains the language");
  return code;
}

}  // namespace saga::cli
