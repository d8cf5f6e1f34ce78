#include "orchestrator/app/definition_check.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/app/config.h"
#include "orchestrator/base/time.h"

namespace saga::app {

namespace {

// A time that counts for a definition, by the name of the key that sets it.
struct NamedTime {
  std::string name;
  base::Duration time;
  bool own = false;  // the definition's
};

class Checker {
 public:
  Checker(const port::LoadedDefinition& loaded, const core::Settings& settings,
          std::vector<std::string>& problems)
      : loaded_(loaded), settings_(settings), problems_(problems) {}

  void Check() {
    const core::Options& options = loaded_.definition.options;
    const NamedTime call = Own("options.request_timeout_s", options.request_timeout_s,
                               "engine.request_timeout", settings_.request_timeout);
    const NamedTime retry = Own("options.retry_interval_s", options.retry_interval_s,
                                "engine.retry_interval", settings_.retry_interval);
    CheckRetry(call, retry);
    for (const core::StepDefinition& step : loaded_.definition.steps) {
      if (step.retry.interval.micros <= 0) continue;
      CheckRetry(call, {absl::StrCat("retry.interval of step '", step.name, "'"),
                        step.retry.interval, /*own=*/true});
    }
  }

 private:
  static NamedTime Own(const char* own_name, int64_t own_seconds, const char* server_name,
                       base::Duration server) {
    if (own_seconds > 0) return {own_name, base::Seconds(own_seconds), /*own=*/true};
    return {server_name, server, /*own=*/false};
  }

  void CheckRetry(const NamedTime& call, const NamedTime& retry) {
    InOrder(call, retry, "a call is repeated only after the call before has ended");
    const core::Options& options = loaded_.definition.options;
    // The server's is for what is undecided; a saga has none unless it says so.
    const bool has_end =
        options.timeout_to_fail_s > 0 || loaded_.definition.mode != core::Mode::kSaga;
    if (!has_end) return;
    InOrder(retry,
            Own("options.timeout_to_fail_s", options.timeout_to_fail_s, "engine.timeout_to_fail",
                settings_.timeout_to_fail),
            "it would be given up before its first retry");
  }

  // Two of the definition's are its own business, two of the server's the configuration's.
  void InOrder(const NamedTime& shorter, const NamedTime& longer, const char* why) {
    if (shorter.own == longer.own || shorter.time < longer.time) return;
    problems_.push_back(absl::StrCat(loaded_.source, ": ", shorter.name, " (",
                                     FormatDuration(shorter.time), ") must be shorter than ",
                                     longer.name, " (", FormatDuration(longer.time), "): ", why));
  }

  const port::LoadedDefinition& loaded_;
  const core::Settings& settings_;
  std::vector<std::string>& problems_;
};

}  // namespace

std::vector<std::string> CheckDefinitionTimes(
    const std::vector<port::LoadedDefinition>& definitions, const core::Settings& settings) {
  std::vector<std::string> problems;
  for (const port::LoadedDefinition& loaded : definitions)
    Checker(loaded, settings, problems).Check();
  return problems;
}

}  // namespace saga::app
