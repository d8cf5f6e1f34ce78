#pragma once

// The server under test, as the environment says:
//   SAGA_CONFORMANCE_SERVER  sagad (SQLite; also when unset), sagad-memory, sagad-mysql or dtm
//   SAGA_MARIADB             with sagad-mysql: the address of MariaDB (fixture::SharedMariaDb)
//   SAGA_DTM_BINARY          with dtm: the program
//
//   conformance::Server server;
//   HttpAnswer answer = Http(server.http(), "GET", "/api/dtmsvr/newGid");
//
// The process belongs to the thread that starts it: construct and Restart in the test's own thread.

#include <memory>
#include <string>
#include <vector>

namespace saga::conformance {

class ServerProcess;

// Not thread-safe.
class Server {
 public:
  // Starts the server with new data on free ports of 127.0.0.1 and waits until it answers. Ends the
  // program with the server's log when it does not come up.
  Server();
  // With further command line flags when it is sagad; DTM has none that would mean the same.
  explicit Server(std::vector<std::string> sagad_args);
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  bool IsDtm() const;
  // Whether Restart finds the data again.
  bool IsDurable() const;
  const std::string& http() const;  // "127.0.0.1:port"
  const std::string& grpc() const;  // "127.0.0.1:port"

  // kill -9.
  void Kill();
  // Starts again after Kill, on the same data. The ports may be others.
  void Restart();
  // What the process has written since its last start.
  std::string Log() const;

 private:
  void Start();

  const std::string kind_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace saga::conformance
