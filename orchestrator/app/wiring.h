#pragma once

// Everything a running sagad is made of, put together in one place.
//
//   start   data directory -> store -> doors bound -> engine -> ready
//   stop    not ready -> no new work -> calls that are out come home -> engine -> doors
//           -> callers -> store
//
// A server that cannot listen has not called anybody: the engine begins only when both ports are
// ours. And nothing is closed while something above it still works (business.md pain 27).

#include <memory>
#include <string>

#include "orchestrator/app/config.h"
#include "orchestrator/app/log.h"

namespace saga::app {

// Of the process; doc/config.md.
enum class ExitCode : int {
  kStopped = 0,
  kOther = 1,
  kConfiguration = 2,
  kStore = 3,
  kAddress = 4,
  kFindings = 5,  // of the commands that look after a store
};

struct StartFailure {
  ExitCode code = ExitCode::kOther;
  std::string text;  // one line: what is wrong and what to do
};

// Not thread-safe: start and stop it from one thread.
class Server {
 public:
  // Ready when it returns; null with `*failure` when it cannot be. `log` outlives the server.
  // `loaded` has no problems.
  static std::unique_ptr<Server> Start(const LoadedConfig& loaded, Log& log, StartFailure* failure);

  // As Stop.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Puts everything away in order; waits at most drain_timeout for what is still out.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::app
