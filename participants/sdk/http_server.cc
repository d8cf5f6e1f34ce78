#include "participants/sdk/http_server.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "participants/sdk/http_target.h"

namespace saga::participants::sdk {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr size_t kMaxHeaderBytes = 32 * 1024;

std::string JsonError(absl::string_view message) {
  return absl::StrCat("{\"message\":\"", message, "\"}");
}

}  // namespace

class HttpServer::Impl {
 public:
  class Session;

  explicit Impl(const HttpServerOptions& options)
      : options_(options), acceptor_(asio::make_strand(context_)) {}

  absl::Status Start(const Address& listen, Address& bound);
  void Stop(absl::Duration grace);
  HttpResponse Handle(const HttpRequest& request) const;

  const HttpServerOptions& options() const { return options_; }
  absl::flat_hash_map<std::string, HttpHandler>& routes() { return routes_; }

  // False: draining, take no more.
  bool Enter(Session* session, std::weak_ptr<Session> handle);
  void Leave(Session* session);
  bool draining() {
    const absl::MutexLock lock(&mutex_);
    return draining_;
  }

 private:
  void Accept();

  const HttpServerOptions options_;
  absl::flat_hash_map<std::string, HttpHandler> routes_;  // fixed from Start on

  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<Session*, std::weak_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);

  // After what sessions touch when they go: the context holds the last ones and drops them with
  // itself.
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::vector<std::thread> threads_;
};

// One connection. Lives as long as something is under way on it.
class HttpServer::Impl::Session : public std::enable_shared_from_this<HttpServer::Impl::Session> {
 public:
  Session(tcp::socket&& socket, Impl* server) : stream_(std::move(socket)), server_(server) {}
  ~Session() { server_->Leave(this); }

  void Run() {
    if (!server_->Enter(this, weak_from_this())) return;
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->Read(); });
  }

  // Ends a connection that waits for its next request.
  void CloseIfIdle() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      // Only the wait is cancelled, the socket stays open: a request may have come in whose
      // handler is queued behind this one, and it will be answered.
      if (self->reading_ && !self->parser_->got_some()) self->stream_.cancel();
    });
  }

 private:
  void Read() {
    if (server_->draining()) return Close();
    parser_.emplace();
    parser_->body_limit(server_->options().max_body_bytes);
    parser_->header_limit(kMaxHeaderBytes);
    stream_.expires_after(
        std::chrono::milliseconds(absl::ToInt64Milliseconds(server_->options().idle_timeout)));
    reading_ = true;
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, size_t) { self->OnRead(error); });
  }

  void OnRead(beast::error_code error) {
    reading_ = false;
    if (error == http::error::body_limit) {
      return Write({.status = 413, .body = JsonError("the body is too large")},
                   /*keep_alive=*/false, 11);
    }
    if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return Write({.status = 400, .body = JsonError("not an HTTP request")}, /*keep_alive=*/false,
                   11);
    }
    if (error) return Close();
    HttpRequest request;
    const auto& message = parser_->get();
    request.method = std::string(message.method_string());
    ParseTarget(absl::string_view(message.target().data(), message.target().size()), request);
    request.body = std::move(parser_->get().body());
    Write(server_->Handle(request), message.keep_alive() && !server_->draining(),
          message.version());
  }

  void Write(const HttpResponse& response, bool keep_alive, unsigned version) {
    answer_.emplace(static_cast<http::status>(response.status), version);
    answer_->set(http::field::content_type, "application/json");
    answer_->keep_alive(keep_alive);
    answer_->body() = response.body;
    answer_->prepare_payload();
    stream_.expires_after(std::chrono::seconds(30));
    http::async_write(stream_, *answer_,
                      [self = shared_from_this(), keep_alive](beast::error_code error, size_t) {
                        if (error || !keep_alive) return self->Close();
                        self->Read();
                      });
  }

  void Close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  Impl* const server_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> answer_;
  bool reading_ = false;
};

absl::Status HttpServer::Impl::Start(const Address& listen, Address& bound) {
  beast::error_code error;
  tcp::resolver resolver(context_);
  const auto found =
      resolver.resolve(listen.host, std::to_string(listen.port), tcp::resolver::passive, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on ", ToString(listen), " (HTTP): ", error.message()));
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const absl::StatusCode code = error == asio::error::address_in_use
                                      ? absl::StatusCode::kAlreadyExists
                                      : absl::StatusCode::kInternal;
    return absl::Status(
        code, absl::StrCat("cannot listen on ", ToString(listen), " (HTTP): ", error.message()));
  }
  bound = {listen.host, acceptor_.local_endpoint().port()};
  Accept();
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { context_.run(); });
  return absl::OkStatus();
}

void HttpServer::Impl::Accept() {
  acceptor_.async_accept(asio::make_strand(context_),
                         [this](beast::error_code error, tcp::socket socket) {
                           if (error == asio::error::operation_aborted || !acceptor_.is_open())
                             return;
                           if (!error) {
                             beast::error_code ignored;
                             socket.set_option(tcp::no_delay(true), ignored);
                             std::make_shared<Session>(std::move(socket), this)->Run();
                           }
                           Accept();
                         });
}

HttpResponse HttpServer::Impl::Handle(const HttpRequest& request) const {
  const auto route = routes_.find(request.path);
  if (route == routes_.end()) return {.status = 404, .body = JsonError("no such path")};
  try {
    return route->second(request);
  } catch (const std::exception&) {
    // The text could hold a word that decides (protocol 4.1), so it stays inside.
    return {.status = 500, .body = JsonError("unexpected error")};
  }
}

bool HttpServer::Impl::Enter(Session* session, std::weak_ptr<Session> handle) {
  const absl::MutexLock lock(&mutex_);
  if (draining_) return false;
  sessions_.emplace(session, std::move(handle));
  return true;
}

void HttpServer::Impl::Leave(Session* session) {
  const absl::MutexLock lock(&mutex_);
  sessions_.erase(session);
}

void HttpServer::Impl::Stop(absl::Duration grace) {
  std::vector<std::shared_ptr<Session>> open;
  {
    const absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
    draining_ = true;
    for (const auto& [session, handle] : sessions_) {
      if (std::shared_ptr<Session> alive = handle.lock(); alive != nullptr)
        open.push_back(std::move(alive));
    }
  }
  asio::post(acceptor_.get_executor(), [this] {
    beast::error_code ignored;
    acceptor_.close(ignored);
  });
  for (const std::shared_ptr<Session>& session : open) session->CloseIfIdle();
  open.clear();
  {
    const absl::MutexLock lock(&mutex_);
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sessions_.empty(); };
    mutex_.AwaitWithTimeout(absl::Condition(&none), grace);
  }
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

HttpServer::HttpServer(const HttpServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}

HttpServer::~HttpServer() { Stop(absl::ZeroDuration()); }

void HttpServer::Route(std::string path, HttpHandler handler) {
  impl_->routes()[std::move(path)] = std::move(handler);
}

absl::Status HttpServer::Start(const Address& listen) { return impl_->Start(listen, address_); }

void HttpServer::Stop(absl::Duration grace) { impl_->Stop(grace); }

}  // namespace saga::participants::sdk
