#include "orchestrator/api/http_server.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/http_connection.h"
#include "orchestrator/api/http_loop.h"

namespace saga::api {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

// Out of file descriptors: nothing will change at once, so asking again at once only costs.
constexpr std::chrono::milliseconds kAcceptPause{100};

absl::Status CannotListen(const HttpServerOptions& options, absl::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("address ", options.address, " ", why, " ", options.listen_flag));
}

absl::Status WhyNotBound(const HttpServerOptions& options, error_code error) {
  if (error == asio::error::address_in_use) {
    return CannotListen(options, "is in use: stop what listens there or choose another");
  }
  if (error == boost::system::errc::address_not_available) {
    return CannotListen(options, "is not one of this machine: choose another");
  }
  if (error == asio::error::access_denied) {
    return CannotListen(options, "needs more rights: choose a port above 1023 with");
  }
  return CannotListen(options,
                      absl::StrCat("cannot be listened at (", error.message(), "): correct"));
}

// "host:port" or "[v6]:port".
absl::StatusOr<tcp::endpoint> Resolve(const HttpServerOptions& options) {
  const std::string& address = options.address;
  const size_t colon = address.rfind(':');
  // A number beyond the largest port would be taken as its remainder.
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 65535 ||
      address.find_first_not_of("0123456789", colon + 1) != std::string::npos) {
    return CannotListen(options, "is not host:port: correct");
  }
  std::string host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  asio::io_context context;
  error_code error;
  const auto found = tcp::resolver(context).resolve(
      host, address.substr(colon + 1), tcp::resolver::passive | tcp::resolver::numeric_service,
      error);
  if (error || found.empty()) {
    return CannotListen(options,
                        absl::StrCat("cannot be resolved (", error.message(), "): correct"));
  }
  return found.begin()->endpoint();
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const HttpRouter& router)
      : shared_(std::make_shared<HttpShared>()) {
    shared_->options = options;
    shared_->router = &router;
    for (size_t i = 0; i < std::max<size_t>(options.threads, 1); ++i) {
      loops_.push_back(std::make_shared<HttpLoop>(shared_, absl::StrCat("http-", i)));
    }
    acceptor_.emplace(loops_[0]->context());
    pause_.emplace(loops_[0]->context());
  }

  ~Impl() { Stop(base::Duration{}); }

  absl::Status Listen() {
    const auto endpoint = Resolve(shared_->options);
    if (!endpoint.ok()) return endpoint.status();
    error_code error;
    acceptor_->open(endpoint->protocol(), error);
    // Lets a restart have the port although old connections linger; a second listener is still
    // refused.
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(*endpoint, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (error) return WhyNotBound(shared_->options, error);
    port_ = acceptor_->local_endpoint(error).port();
    if (error) return WhyNotBound(shared_->options, error);
    loops_[0]->Post([this] { Accept(); });
    return absl::OkStatus();
  }

  int port() const { return port_; }
  size_t connections() const { return shared_->connections.load(std::memory_order_relaxed); }

  void Stop(base::Duration grace) ABSL_LOCKS_EXCLUDED(stop_mutex_) {
    absl::MutexLock lock(&stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::microseconds(grace.micros);
    loops_[0]->Post([this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
    for (const auto& loop : loops_) loop->Drain();
    while (connections() > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (const auto& loop : loops_) loop->CloseAll();
    for (const auto& loop : loops_) loop->Finish();
  }

 private:
  // On the first loop's thread, like everything below.
  void Accept() {
    if (!acceptor_->is_open()) return;
    const std::shared_ptr<HttpLoop> loop = loops_[next_++ % loops_.size()];
    acceptor_->async_accept(loop->context(),
                            [this, loop](error_code error, HttpConnection::Socket socket) {
                              if (error == asio::error::operation_aborted) return;
                              if (error && error != asio::error::connection_aborted)
                                return AcceptLater();
                              if (!error) Welcome(loop, std::move(socket));
                              Accept();
                            });
  }

  void AcceptLater() {
    pause_->expires_after(kAcceptPause);
    pause_->async_wait([this](error_code error) {
      if (!error) Accept();
    });
  }

  void Welcome(const std::shared_ptr<HttpLoop>& loop, HttpConnection::Socket socket) {
    const bool full = connections() >= shared_->options.max_connections;
    // Even the refusals have a limit: those that do not take theirs are closed without one.
    if (connections() >= 2 * shared_->options.max_connections) return;
    auto connection = std::make_shared<HttpConnection>(loop, std::move(socket));
    loop->Post([connection = std::move(connection), full] {
      full ? connection->StartRefused() : connection->Start();
    });
  }

  const std::shared_ptr<HttpShared> shared_;
  std::vector<std::shared_ptr<HttpLoop>> loops_;
  std::optional<Acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  size_t next_ = 0;
  int port_ = 0;
  absl::Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              const HttpRouter& router) {
  auto impl = std::make_unique<Impl>(options, router);
  if (const absl::Status listening = impl->Listen(); !listening.ok()) return listening;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return impl_->port(); }

size_t HttpServer::connections() const { return impl_->connections(); }

void HttpServer::Stop(base::Duration grace) { impl_->Stop(grace); }

}  // namespace saga::api
