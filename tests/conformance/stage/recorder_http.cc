#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "tests/conformance/stage/recorder_doors.h"

namespace saga::conformance {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;

std::string Decode(absl::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '%' && absl::SimpleHexAtoi(text.substr(i + 1, 2), &code)) {
      result += static_cast<char>(code);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

void Set(Call& call, absl::string_view name, const std::string& value) {
  if (name == "gid") call.gid = value;
  if (name == "trans_type") call.trans_type = value;
  if (name == "branch_id") call.branch_id = value;
  if (name == "op") call.op = value;
}

// A JSON-RPC call says what it is for in its params.
void TakeParams(Call& call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("jsonrpc") || !body.contains("params")) return;
  for (const auto& [name, value] : body["params"].items()) {
    if (value.is_string()) Set(call, name, value.get<std::string>());
  }
}

Call Read(const http::request<http::string_body>& request) {
  Call call;
  call.transport = "http";
  call.arrived = absl::Now();
  call.method = std::string(request.method_string());
  const std::pair<std::string, std::string> target =
      absl::StrSplit(std::string(request.target()), absl::MaxSplits('?', 1));
  call.path = target.first;
  call.query = target.second;
  call.body = request.body();
  for (const auto& field : request) {
    call.headers[absl::AsciiStrToLower(std::string(field.name_string()))] =
        std::string(field.value());
  }
  for (const absl::string_view pair : absl::StrSplit(call.query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    Set(call, parts.first, Decode(parts.second));
  }
  TakeParams(call);
  return call;
}

// One connection. Keeps itself alive while an operation is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, RecorderMemory& memory)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), memory_(memory) {}

  void Await() {
    parser_.emplace();
    parser_->body_limit(boost::none);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
      if (!error) self->Treat();
    });
  }

 private:
  void Treat() {
    const Reply reply = memory_.Take(Read(parser_->get()));
    if (reply.hang) {
      AwaitEnd();
    } else if (reply.delay > absl::ZeroDuration()) {
      timer_.expires_after(absl::ToChronoMilliseconds(reply.delay));
      timer_.async_wait([self = shared_from_this(), reply](Error error) {
        if (!error) self->Answer(reply);
      });
    } else {
      Answer(reply);
    }
  }

  void Answer(const Reply& reply) {
    answer_ = {};
    answer_.result(static_cast<unsigned>(reply.status));
    answer_.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : reply.headers) answer_.set(name, value);
    answer_.body() = reply.body;
    answer_.keep_alive(parser_->get().keep_alive());
    answer_.prepare_payload();
    http::async_write(socket_, answer_, [self = shared_from_this()](Error error, size_t) {
      if (!error && self->answer_.keep_alive()) self->Await();
    });
  }

  // The caller gives up some time, which ends the read.
  void AwaitEnd() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](Error) {});
  }

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  RecorderMemory& memory_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> answer_;
};

class HttpDoor final : public RecorderDoor {
 public:
  explicit HttpDoor(RecorderMemory& memory)
      : memory_(memory),
        acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()) {
    Accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  ~HttpDoor() override {
    context_.stop();
    thread_.join();
  }

  int port() const override { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](Error error, asio::ip::tcp::socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket), memory_)->Await();
      if (acceptor_.is_open()) Accept();
    });
  }

  RecorderMemory& memory_;
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  const int port_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<RecorderDoor> OpenHttpDoor(RecorderMemory& memory) {
  return std::make_unique<HttpDoor>(memory);
}

}  // namespace saga::conformance
