#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/client/transport.h"

namespace saga::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;

absl::StatusOr<asio::ip::tcp::endpoint> Resolve(asio::io_context& io, const Address& address) {
  Error error;
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(address.Text(), ": ", error.message()));
  }
  return found.begin()->endpoint();
}

// A kept connection to one peer.
struct Connection {
  asio::ip::tcp::endpoint endpoint;
  std::string host;
  std::optional<beast::tcp_stream> stream;  // empty: to be connected at the next call
};

// One client with its connections and the call that is under way.
struct Slot {
  int number = 0;
  Connection server;
  Connection participant;
  std::optional<asio::steady_timer> pause;
  Connection* used = nullptr;
  std::string request;
  beast::flat_buffer buffer;
  std::optional<beast::http::response_parser<beast::http::string_body>> parser;
};

std::string Serialise(const std::string& host, const Call& call) {
  return absl::StrCat("POST ", call.method, " HTTP/1.1\r\nHost: ", host,
                      "\r\nContent-Type: application/json\r\nContent-Length: ", call.body.size(),
                      "\r\n\r\n", call.body);
}

Answer ToAnswer(const beast::http::response<beast::http::string_body>& response) {
  Answer answer;
  if (response.result_int() == 200 && response.body().find("FAILURE") == std::string::npos) {
    return answer;
  }
  answer.kind = response.result_int() == 409 ? AnswerKind::kRefused : AnswerKind::kError;
  answer.text = absl::StrCat("http ", response.result_int(), ": ", response.body());
  return answer;
}

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(const Options& options) : options_(options) {}

  absl::Status Prepare() {
    std::vector<asio::ip::tcp::endpoint> servers;
    for (const Address& address : options_.servers) {
      const auto server = Probe(address);
      if (!server.ok()) return server.status();
      servers.push_back(*server);
    }
    const auto participant = Resolve(io_, options_.participant);
    if (!participant.ok()) return participant.status();
    for (int i = 0; i < options_.slots; ++i) {
      Slot& slot = slots_.emplace_back();
      slot.number = i;
      const size_t node = static_cast<size_t>(i) % servers.size();
      slot.server.endpoint = servers[node];
      slot.server.host = options_.servers[node].Text();
      slot.participant.endpoint = *participant;
      slot.participant.host = options_.participant.Text();
      slot.pause.emplace(io_);
    }
    return absl::OkStatus();
  }

  void Start(int number, Call call, std::chrono::milliseconds pause) override {
    Slot& slot = slots_[static_cast<size_t>(number)];
    slot.used = call.peer == Peer::kServer ? &slot.server : &slot.participant;
    slot.request = Serialise(slot.used->host, call);
    if (pause.count() == 0) {
      Send(slot);
      return;
    }
    slot.pause->expires_after(pause);
    slot.pause->async_wait([this, &slot](Error) { Send(slot); });
  }

  void Run(const OnAnswer& on_answer) override {
    on_answer_ = &on_answer;
    io_.restart();
    io_.run();
    on_answer_ = nullptr;
  }

 private:
  // Where the address is, when somebody listens there.
  absl::StatusOr<asio::ip::tcp::endpoint> Probe(const Address& address) {
    auto endpoint = Resolve(io_, address);
    if (!endpoint.ok()) return endpoint;
    Error error;
    asio::ip::tcp::socket probe(io_);
    probe.connect(*endpoint, error);
    if (!error) return endpoint;
    return absl::UnavailableError(
        absl::StrCat("no HTTP server answers at ", address.Text(), ": ", error.message()));
  }

  void Send(Slot& slot) {
    if (slot.used->stream.has_value()) {
      slot.used->stream->expires_after(options_.call_timeout);
      Write(slot);
      return;
    }
    slot.used->stream.emplace(io_);
    slot.used->stream->expires_after(options_.call_timeout);
    slot.used->stream->async_connect(slot.used->endpoint, [this, &slot](Error error) {
      if (error) {
        Fail(slot, error);
        return;
      }
      Error ignored;
      slot.used->stream->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      Write(slot);
    });
  }

  void Write(Slot& slot) {
    asio::async_write(*slot.used->stream, asio::buffer(slot.request),
                      [this, &slot](Error error, size_t) {
                        if (error) {
                          Fail(slot, error);
                        } else {
                          Read(slot);
                        }
                      });
  }

  void Read(Slot& slot) {
    slot.parser.emplace();
    beast::http::async_read(*slot.used->stream, slot.buffer, *slot.parser,
                            [this, &slot](Error error, size_t) {
                              if (error) {
                                Fail(slot, error);
                                return;
                              }
                              const Answer answer = ToAnswer(slot.parser->get());
                              if (!slot.parser->keep_alive()) Close(slot);
                              (*on_answer_)(slot.number, answer);
                            });
  }

  void Fail(Slot& slot, const Error& error) {
    Close(slot);
    (*on_answer_)(slot.number, Answer{AnswerKind::kError, error.message()});
  }

  static void Close(Slot& slot) {
    slot.used->stream.reset();
    slot.buffer.clear();
  }

  const Options options_;
  asio::io_context io_{1};
  std::deque<Slot> slots_;
  const OnAnswer* on_answer_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(const Transport::Options& options) {
  auto transport = std::make_unique<HttpTransport>(options);
  const absl::Status prepared = transport->Prepare();
  if (!prepared.ok()) return prepared;
  return transport;
}

}  // namespace saga::bench
