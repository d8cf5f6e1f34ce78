#include "tests/bench/server/http_participant.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace saga::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;

constexpr std::string_view kDelayPath = "/delay?ms=";

std::string Response(const char* status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status,
                      "\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
                      "\r\n\r\n", body);
}

// One connection, answering its requests one after another. Keeps itself alive while an operation
// is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, Behaviour& behaviour, CallCounts& counts)
      : socket_(std::move(socket)),
        pause_(socket_.get_executor()),
        behaviour_(behaviour),
        counts_(counts) {}

  void Read() {
    parser_.emplace();
    beast::http::async_read(socket_, buffer_, *parser_,
                            [self = shared_from_this()](Error error, size_t) {
                              if (!error) self->Treat();
                            });
  }

 private:
  void Treat() {
    const auto target = parser_->get().target();
    const std::string_view path(target.data(), target.size());
    if (path == "/counts") {
      Answer(Response("200 OK", counts_.Json()));
      return;
    }
    if (path.substr(0, kDelayPath.size()) == kDelayPath) {
      SetDelay(std::string(path.substr(kDelayPath.size())));
      return;
    }
    const std::string method(path.substr(0, path.find('?')));
    counts_.Add(method);
    const Behaviour::Treatment treatment = behaviour_.Of(method);
    if (treatment == Behaviour::Treatment::kHang) {
      AwaitEnd();
      return;
    }
    std::string response = treatment == Behaviour::Treatment::kFail
                               ? Response("409 Conflict", "{\"dtm_result\":\"FAILURE\"}")
                               : Response("200 OK", "{}");
    if (behaviour_.Delay().count() == 0) {
      Answer(std::move(response));
      return;
    }
    pause_.expires_after(behaviour_.Delay());
    pause_.async_wait([self = shared_from_this(), response = std::move(response)](Error) mutable {
      self->Answer(std::move(response));
    });
  }

  void SetDelay(const std::string& text) {
    int64_t milliseconds = 0;
    if (!absl::SimpleAtoi(text, &milliseconds) || milliseconds < 0) {
      Answer(Response("400 Bad Request", "{\"message\":\"ms is not a number\"}"));
      return;
    }
    behaviour_.SetDelay(std::chrono::milliseconds(milliseconds));
    Answer(Response("200 OK", "{}"));
  }

  void Answer(std::string response) {
    response_ = std::move(response);
    asio::async_write(socket_, asio::buffer(response_),
                      [self = shared_from_this()](Error error, size_t) {
                        if (!error && self->parser_->keep_alive()) self->Read();
                      });
  }

  // A call that hangs ends when its caller gives up.
  void AwaitEnd() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](Error) {
                         Error ignored;
                         self->socket_.close(ignored);
                       });
  }

  asio::ip::tcp::socket socket_;
  asio::steady_timer pause_;
  Behaviour& behaviour_;
  CallCounts& counts_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::string response_;
};

class HttpParticipantServer final : public HttpParticipant {
 public:
  HttpParticipantServer(Behaviour& behaviour, CallCounts& counts)
      : behaviour_(behaviour), counts_(counts) {}

  ~HttpParticipantServer() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Start(const Address& listen) {
    Error error;
    const auto host = asio::ip::make_address(listen.host, error);
    const asio::ip::tcp::endpoint endpoint(host, static_cast<uint16_t>(listen.port));
    if (!error) error = Listen(endpoint);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", listen.Text(), ": ", error.message()));
    }
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  [[nodiscard]] int Port() const override { return acceptor_.local_endpoint().port(); }

 private:
  Error Listen(const asio::ip::tcp::endpoint& endpoint) {
    Error error;
    if (acceptor_.open(endpoint.protocol(), error)) return error;
    if (acceptor_.set_option(asio::socket_base::reuse_address(true), error)) return error;
    if (acceptor_.bind(endpoint, error)) return error;
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  void Accept() {
    acceptor_.async_accept([this](Error error, asio::ip::tcp::socket socket) {
      if (!error) {
        Error ignored;
        socket.set_option(asio::ip::tcp::no_delay(true), ignored);
        std::make_shared<Session>(std::move(socket), behaviour_, counts_)->Read();
      }
      Accept();
    });
  }

  Behaviour& behaviour_;
  CallCounts& counts_;
  asio::io_context io_{1};
  asio::ip::tcp::acceptor acceptor_{io_};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpParticipant>> StartHttpParticipant(const Address& listen,
                                                                      Behaviour& behaviour,
                                                                      CallCounts& counts) {
  auto participant = std::make_unique<HttpParticipantServer>(behaviour, counts);
  const absl::Status started = participant->Start(listen);
  if (!started.ok()) return started;
  return participant;
}

}  // namespace saga::bench
