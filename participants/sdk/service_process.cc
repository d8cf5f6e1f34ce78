#include "participants/sdk/service_process.h"

#include <grpc/support/log.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::Duration kLeaveTimeout = absl::Seconds(2);

// Written beside and renamed, so that a reader never sees half of it.
bool WritePorts(const std::string& path, const ParticipantServer& server) {
  const nlohmann::json ports = {
      {"pid", getpid()}, {"grpc", server.grpc_address()}, {"http", server.http_address()}};
  const std::string beside = absl::StrCat(path, ".", getpid());
  std::ofstream(beside) << ports.dump() << "\n";
  return std::rename(beside.c_str(), path.c_str()) == 0;
}

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int StopSignals::Wait() {
  int signal = 0;
  sigwait(&set_, &signal);
  return signal;
}

int ServeUntilStopped(ParticipantServer& server, StopSignals& signals,
                      const ServiceProcess& process) {
  // gRPC would tell a taken port in several lines of its own; ours say what matters, as JSON.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
  if (const absl::Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "%s: %s\n", process.name.c_str(), std::string(started.message()).c_str());
    return 1;
  }
  const std::string ports = absl::StrCat(process.data_dir, "/", process.name, ".ports");
  if (!WritePorts(ports, server)) {
    std::fprintf(stderr, "%s: cannot write %s: %s\n", process.name.c_str(), ports.c_str(),
                 std::strerror(errno));
    return 1;
  }
  LogLine(LogLevel::kInfo, "ready")
      .Set("grpc", server.grpc_address())
      .Set("http", server.http_address());
  std::unique_ptr<Registration> registration;
  if (process.registration) {
    registration = process.registration();
    registration->Start();
  }
  const int signal = signals.Wait();
  LogLine(LogLevel::kInfo, "stopping").Set("signal", strsignal(signal));
  // When sagad cannot be told it finds out by itself: the line in the log is all there is to do.
  if (registration != nullptr) registration->Deregister(kLeaveTimeout).IgnoreError();
  server.Stop(process.grace);
  std::remove(ports.c_str());
  LogLine(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace saga::participants::sdk
