#include "cli/command/job_limits.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddNumber(cxxopts::OptionAdder& add, const char* name, const char* help,
               const char* otherwise) {
  add(name, help, cxxopts::value<std::string>()->default_value(otherwise), "N");
}

// A whole number, 0 is -1 on the wire: there 0 means the default.
bool ReadCount(const Call& call, const char* name, int32_t* count) {
  const std::string text = call.options()[name].as<std::string>();
  if (absl::SimpleAtoi(text, count) && *count >= 0) {
    if (*count == 0) *count = -1;
    return true;
  }
  Complain(absl::StrCat("--", name, " is a number from 0, not \"", text, "\""));
  return false;
}

}  // namespace

void AddLimits(cxxopts::OptionAdder& add) {
  AddNumber(add, "rate", "items started per second, also less than 1", "10");
  AddNumber(add, "max-in-flight", "items at once", "8");
  AddNumber(add, "canary", "so many first, one by one; the rest only if they succeed; 0: none",
            "1");
  AddNumber(add, "stop-after-errors", "failed items until the job stops itself; 0: never", "5");
}

bool ReadLimits(const Call& call, v1::JobLimits* limits) {
  const std::string rate_text = call.options()["rate"].as<std::string>();
  double rate = 0;
  if (!absl::SimpleAtod(rate_text, &rate) || !(rate > 0) || rate > 1e6) {
    Complain(absl::StrCat("--rate is a number above 0, not \"", rate_text, "\""));
    return false;
  }
  limits->set_rate(rate);
  const std::string most_text = call.options()["max-in-flight"].as<std::string>();
  uint32_t most = 0;
  if (!absl::SimpleAtoi(most_text, &most) || most == 0) {
    Complain(absl::StrCat("--max-in-flight is a number from 1, not \"", most_text, "\""));
    return false;
  }
  limits->set_max_in_flight(most);
  int32_t canary = 0;
  int32_t errors = 0;
  if (!ReadCount(call, "canary", &canary) || !ReadCount(call, "stop-after-errors", &errors))
    return false;
  limits->set_canary(canary);
  limits->set_stop_after_errors(errors);
  return true;
}

}  // namespace saga::cli
