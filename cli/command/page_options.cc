#include "cli/command/page_options.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr uint32_t kMostPerPage = 1000;

}  // namespace

void AddPageOptions(cxxopts::OptionAdder& add) {
  add("limit", "how many a page, 1 to 1000", cxxopts::value<std::string>()->default_value("50"),
      "N");
  add("all", "every page, not only the first");
}

bool ReadLimit(const Call& call, uint32_t* limit) {
  const std::string text = call.options()["limit"].as<std::string>();
  if (absl::SimpleAtoi(text, limit) && *limit >= 1 && *limit <= kMostPerPage) return true;
  Complain(absl::StrCat("--limit is a number from 1 to ", kMostPerPage, ", not \"", text, "\""));
  return false;
}

void SayThereIsMore() {
  Complain("there are more: --all shows them, --limit makes the page longer");
}

}  // namespace saga::cli
