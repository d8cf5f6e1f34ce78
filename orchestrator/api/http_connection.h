#pragma once

// Inside of the HTTP server: one connection. Reads a request, has it answered, writes the answer,
// and only then reads the next, so that pipelined requests are answered in order. Lives on its
// loop's thread; only Send may be called from elsewhere.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "orchestrator/api/http_loop.h"
#include "orchestrator/api/http_message.h"

namespace saga::api {

class HttpConnection final : public HttpSink, public std::enable_shared_from_this<HttpConnection> {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;

  // `loop` outlives every connection that has not been closed.
  HttpConnection(std::shared_ptr<HttpLoop> loop, Socket socket);

  void Start();
  // Says why it is refused, and ends.
  void StartRefused();
  void Drain();
  void Close();

  // HttpSink: the answer to the request being handled. Any thread.
  void Send(HttpResponse response) override;

 private:
  using Stream =
      boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  enum class State : uint8_t { kIdle, kReading, kHandling, kWriting, kLingering, kClosed };

  void AwaitRequest();
  void Read();
  void OnRead(boost::beast::error_code error, size_t bytes);
  // Parses what is in the buffer; reads on, answers, or refuses.
  void Parse();
  // The header is complete, the body not: whether the body may come.
  bool AdmitBody();
  void Handle();
  void RefuseBroken(boost::beast::error_code error);
  // Answers and ends the connection: what follows in the stream cannot be told from a request.
  void Refuse(const HttpResponse& response);
  void Write(const HttpResponse& response);
  void TellAnswer(int status);
  void OnWritten(boost::beast::error_code error);
  void Linger();
  bool HoldBodyMemory(size_t bytes);
  void FreeBodyMemory();
  HttpShared& shared() { return loop_->shared(); }

  const std::shared_ptr<HttpLoop> loop_;
  Stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  State state_ = State::kIdle;
  bool header_seen_ = false;
  bool keep_alive_ = false;
  bool http10_ = false;
  bool head_ = false;  // the request's method is HEAD: the answer has no body
  std::string_view route_ = HttpRouter::kNoRoute;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();  // the request
  size_t body_bytes_held_ = 0;  // of shared().body_bytes
  size_t lingered_ = 0;
  std::string out_;
};

}  // namespace saga::api
