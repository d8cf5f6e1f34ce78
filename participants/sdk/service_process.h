#pragma once

// What the main function of every participant process does around its server: signals, the ports
// file, the ready line, and the order in which things end.
//
//   int main(...) {
//     StopSignals signals;              // before any thread is started
//     ...
//     return ServeUntilStopped(server, signals, {.name = "order", .data_dir = dir});
//   }
//
// Thread safety: main's thread only.

#include <csignal>
#include <string>

#include "absl/time/time.h"
#include "participants/sdk/server.h"

namespace saga::participants::sdk {

// Keeps SIGTERM and SIGINT away from all threads started after it, for Wait to take.
class StopSignals {
 public:
  StopSignals();
  // Blocks until one arrives; its number.
  int Wait();

 private:
  sigset_t set_;
};

struct ServiceProcess {
  std::string name;      // "order"
  std::string data_dir;  // where NAME.ports goes: {"pid":..,"grpc":"host:port","http":"host:port"}
  absl::Duration grace = absl::Seconds(10);
};

// Starts `server`, tells its addresses, waits for a signal and stops it. The exit code: 0 after a
// graceful stop, 1 when it could not start, with one line on standard error. The caller closes its
// database afterwards.
int ServeUntilStopped(ParticipantServer& server, StopSignals& signals,
                      const ServiceProcess& process);

}  // namespace saga::participants::sdk
