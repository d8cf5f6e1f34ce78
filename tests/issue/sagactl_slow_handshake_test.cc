// sagactl gave every connection a tenth of a second, because gRPC's "minimum reconnect backoff" is
// also its timeout for connecting. A busy server that took longer to greet looked like none at all
// ("tcp handshaker shutdown"), even after three attempts.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "tests/fixture/process.h"

namespace saga {
namespace {

// How late the greeting comes: later than the old timeout of all attempts together.
constexpr absl::Duration kLate = absl::Milliseconds(700);

// Accepts one connection, greets it late as an HTTP/2 server does, and goes.
class LateServer {
 public:
  LateServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, any, size), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    EXPECT_EQ(getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~LateServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void Serve() {
    for (;;) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      absl::SleepFor(kLate);  // the delay is what is tested
      const char settings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
      EXPECT_EQ(send(connection, settings, sizeof(settings), MSG_NOSIGNAL),
                static_cast<ssize_t>(sizeof(settings)));
      close(connection);
    }
  }

  const int listener_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

TEST(SagactlSlowHandshake, AServerThatGreetsLateIsThere) {
  LateServer server;
  const fixture::Finished finished =
      fixture::Run({.program = "sagactl", .args = {"version", "--server", server.address()}});
  EXPECT_GE(server.connections(), 1);
  // The connection came about and was closed afterwards: that is what is told, not that nobody is
  // there.
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_EQ(finished.err.find("handshaker shutdown"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("sagad at " + server.address()), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace saga
