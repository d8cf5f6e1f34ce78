#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/synchronization/mutex.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// A thread for the listener and one for every connection.
class HttpParticipant final : public Participant {
 public:
  HttpParticipant(Handler handler, int port)
      : handler_(std::move(handler)),
        acceptor_(io_,
                  tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<uint16_t>(port))),
        port_(acceptor_.local_endpoint().port()) {
    acceptor_.listen(2048);
    listener_ = std::thread([this] { Listen(); });
  }

  ~HttpParticipant() override { Stop(); }

  int port() const override { return port_; }

  size_t connections() const override {
    absl::MutexLock lock(&mutex_);
    return connections_.size();
  }

  std::vector<SeenCall> seen() const override {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }

  void Kill() override { Stop(); }

 private:
  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}

    tcp::socket socket;
    std::thread thread;
  };

  void Listen() {
    while (true) {
      error_code error;
      tcp::socket socket = acceptor_.accept(error);
      absl::MutexLock lock(&mutex_);
      if (stopping_ || error) return;
      socket.set_option(tcp::no_delay(true));
      Connection& connection = connections_.emplace_back(std::move(socket));
      connection.thread = std::thread([this, &connection] { Serve(connection.socket); });
    }
  }

  void Serve(tcp::socket& socket) {
    boost::beast::flat_buffer buffer;
    while (true) {
      error_code error;
      http::request_parser<http::string_body> parser;
      parser.body_limit(16 << 20);
      http::read(socket, buffer, parser, error);
      if (error) return;
      const http::request<http::string_body> request = parser.release();
      const Answer answer = handler_(Note(request));
      if (answer.kind == Answer::Kind::kHang) WaitForStop();
      if (answer.kind == Answer::Kind::kHangUp)
        asio::write(socket, asio::buffer(answer.text), error);
      if (answer.kind != Answer::Kind::kReply) {
        socket.shutdown(tcp::socket::shutdown_both, error);
        return;
      }
      http::response<http::string_body> response(static_cast<http::status>(answer.code), 11);
      for (const auto& [name, value] : answer.headers) response.insert(name, value);
      response.body() = answer.text;
      response.prepare_payload();
      http::write(socket, response, error);
      if (error) return;
    }
  }

  SeenCall Note(const http::request<http::string_body>& request) {
    SeenCall call;
    call.verb = std::string(request.method_string());
    call.target = std::string(request.target());
    for (const auto& field : request) {
      call.headers.emplace(absl::AsciiStrToLower(std::string(field.name_string())),
                           std::string(field.value()));
    }
    call.body = request.body();
    absl::MutexLock lock(&mutex_);
    seen_.push_back(call);
    return call;
  }

  void WaitForStop() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&stopping_));
  }

  void Stop() {
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    // Shutting a listening socket down ends the accept that waits on it; closing it would not.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    listener_.join();
    error_code error;
    acceptor_.close(error);
    for (Connection& connection : connections_) {
      connection.socket.shutdown(tcp::socket::shutdown_both, error);
      connection.thread.join();
      connection.socket.close(error);
    }
  }

  const Handler handler_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  const int port_;
  std::thread listener_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Connection> connections_;  // grows under mutex_, and no more once stopping_
  std::vector<SeenCall> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Participant> StartHttpParticipant(Participant::Handler handler, int port) {
  return std::make_unique<HttpParticipant>(std::move(handler), port);
}

}  // namespace saga::tests
