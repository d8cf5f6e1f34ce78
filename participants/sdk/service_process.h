#pragma once

// What every participant process does around its server: signals, the ports file, the ready line,
// registering, and the order in which things end. service_main.h has the rest of such a process.
//
//   StopSignals signals;              // before any thread is started
//   ...
//   return ServeUntilStopped(server, signals, {.name = "order", .data_dir = dir});
//
// Thread safety: main's thread only.

#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "participants/sdk/registration.h"
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
  // Called when the doors are open, for what is then started and is told first when the process
  // stops. Empty: it registers nowhere.
  std::function<std::unique_ptr<Registration>()> registration;
};

// Starts `server`, tells its addresses, waits for a signal, takes the registration back and stops
// the server: sagad sends no more calls before the doors close. The exit code: 0 after a graceful
// stop, 1 when it could not start, with one line on standard error. The caller closes its
// database afterwards.
int ServeUntilStopped(ParticipantServer& server, StopSignals& signals,
                      const ServiceProcess& process);

}  // namespace saga::participants::sdk
