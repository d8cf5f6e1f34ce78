// sagad: reads what it is told, starts the server, waits for a signal, stops it.

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/command_line.h"
#include "orchestrator/app/config.h"
#include "orchestrator/app/config_report.h"
#include "orchestrator/app/library_log.h"
#include "orchestrator/app/log.h"
#include "orchestrator/app/stop_signals.h"
#include "orchestrator/app/version.h"
#include "orchestrator/app/wiring.h"

extern char** environ;

namespace saga::app {
namespace {

int Exit(ExitCode code) { return static_cast<int>(code); }

void PrintProblem(const std::string& problem) {
  std::fprintf(stderr, "sagad: %s\n", problem.c_str());
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

LoadedConfig LoadFrom(const CommandLine& line) {
  ConfigSources sources{
      .file_name = line.config_file, .environment = ProcessEnvironment(), .flags = line.flags};
  const auto variable = sources.environment.find(kConfigFileVariable);
  if (sources.file_name.empty() && variable != sources.environment.end())
    sources.file_name = variable->second;
  std::vector<std::string> problems = line.problems;
  if (!sources.file_name.empty()) {
    std::ifstream in(sources.file_name, std::ios::binary);
    sources.file_text.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad()) {
      problems.push_back(absl::StrCat("configuration file ", sources.file_name,
                                      " cannot be read: ", std::strerror(errno)));
    }
  }
  LoadedConfig loaded = LoadConfig(sources);
  loaded.problems.insert(loaded.problems.begin(), problems.begin(), problems.end());
  return loaded;
}

int PrintVersion(bool json) {
  if (json) {
    std::printf("{\"version\":\"%s\",\"commit\":\"%s\"}\n", Version(), Commit());
  } else {
    std::printf("sagad %s (commit %s)\n", Version(), Commit());
  }
  return Exit(ExitCode::kStopped);
}

void LogSettings(const LoadedConfig& loaded, Log& log) {
  std::vector<std::string> changed;
  for (const Setting& setting : loaded.settings) {
    if (setting.origin == Origin::kDefault) continue;
    changed.push_back(absl::StrCat(setting.key->name, "=", setting.text, " (", setting.where, ")"));
  }
  log.Info("settings that are not defaults", {{"settings", absl::StrJoin(changed, ", ")}});
  for (const std::string& warning : loaded.warnings) log.Warn(warning);
}

// Connections cost a descriptor each; the limit that shells set is for people, not for servers.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Serve(const LoadedConfig& loaded) {
  static Log log(LogLevelOf(loaded.config.log_level), LogFormatOf(loaded.config.log_format));
  TakeLibraryLogs(log);
  RaiseDescriptorLimit();
  StopSignals signals([] {
    log.Warn("second signal: ending at once; what is open is continued by the next start");
    _exit(Exit(ExitCode::kOther));
  });
  StartFailure failure;
  std::unique_ptr<Server> server = Server::Start(loaded, log, &failure);
  if (server == nullptr) {
    PrintProblem(failure.text);
    return Exit(failure.code);
  }
  LogSettings(loaded, log);
  const int signal = signals.Wait();
  log.Info("stopping", {{"signal", strsignal(signal)}});
  server->Stop();
  server.reset();
  log.Info("stopped");
  return Exit(ExitCode::kStopped);
}

int Main(int argc, char** argv) {
  const CommandLine line = ParseCommandLine(argc, argv);
  if (line.command == Command::kHelp) {
    std::fputs(HelpText(line.help_of).c_str(), stdout);
    return Exit(ExitCode::kStopped);
  }
  if (line.command == Command::kVersion && line.problems.empty()) return PrintVersion(line.json);
  const LoadedConfig loaded = LoadFrom(line);
  for (const std::string& problem : loaded.problems) PrintProblem(problem);
  if (!loaded.problems.empty()) return Exit(ExitCode::kConfiguration);
  if (line.command == Command::kConfig) {
    std::fputs(line.json ? ConfigJson(loaded).c_str() : ConfigTable(loaded).c_str(), stdout);
    for (const std::string& warning : loaded.warnings)
      PrintProblem(absl::StrCat("warning: ", warning));
    return Exit(ExitCode::kStopped);
  }
  if (IsCareCommand(line.command)) return Exit(RunCareCommand(line, loaded.config));
  return Serve(loaded);
}

}  // namespace
}  // namespace saga::app

int main(int argc, char** argv) {
  // Debian's Abseil, which gRPC locks with, looks for lock cycles at every lock and aborts when it
  // finds one. That is for tests of Abseil's users, costs 5 % of a call, and once sagad is built
  // the order of its locks does not change.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return saga::app::Main(argc, argv);
}
