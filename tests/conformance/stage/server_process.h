#pragma once

#include <memory>
#include <string>
#include <vector>

namespace saga::conformance {

// A server as a process, whichever it is. Not thread-safe.
class ServerProcess {
 public:
  virtual ~ServerProcess() = default;

  // Starts it on the data of the last time, if any, and waits until it answers; false when it does
  // not come up.
  virtual bool Start() = 0;
  virtual void Kill() = 0;
  virtual std::string Log() const = 0;

  std::string http;  // "127.0.0.1:port", after Start
  std::string grpc;
};

std::unique_ptr<ServerProcess> MakeSagad(std::vector<std::string> args);
// On a new database in the MariaDB of the run.
std::unique_ptr<ServerProcess> MakeSagadOnMySql(std::vector<std::string> args);
std::unique_ptr<ServerProcess> MakeDtm(const std::string& binary);

}  // namespace saga::conformance
