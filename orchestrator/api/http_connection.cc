#include "orchestrator/api/http_connection.h"

#include <chrono>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"

namespace saga::api {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr size_t kReadSize = 16 << 10;
// The buffer of a connection that waits for its next request is no larger than this.
constexpr size_t kIdleBuffer = 16 << 10;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::chrono::microseconds Chrono(base::Duration duration) {
  return std::chrono::microseconds(duration.micros);
}

// Three libraries, three kinds of string view.
std::string_view Std(beast::string_view text) { return {text.data(), text.size()}; }
absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

HttpResponse TooLarge(const HttpServerOptions& options) {
  return HttpMessage(
      413, absl::StrCat(
               "the request's body has more than ", options.max_body_size,
               " bytes (limit.request_bytes): split it, or send references to the data instead"));
}

HttpResponse Overloaded(absl::string_view limit) {
  return HttpMessage(503, absl::StrCat("nothing was done, try again: ", limit));
}

// What the parser did not like, as an answer. Ends of the stream are none of the client's errors
// and not for here.
HttpResponse Complaint(beast::error_code error, const HttpServerOptions& options) {
  if (error == http::error::body_limit) return TooLarge(options);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return HttpMessage(431,
                       absl::StrCat("the request's header has more than ", options.max_header_size,
                                    " bytes (kHttpHeaderSize): send less"));
  }
  return HttpMessage(400, absl::StrCat("this is not an HTTP/1.1 request: ", error.message()));
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpLoop> loop, Socket socket)
    : loop_(std::move(loop)),
      stream_(std::move(socket)),
      buffer_(shared().options.max_header_size + kReadSize) {}

void HttpConnection::Start() {
  loop_->Add(shared_from_this());
  if (loop_->draining()) return Close();
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  AwaitRequest();
}

void HttpConnection::StartRefused() {
  loop_->Add(shared_from_this());
  if (loop_->draining()) return Close();
  Refuse(Overloaded("too many connections (http.max_connections)"));
}

void HttpConnection::AwaitRequest() {
  state_ = State::kIdle;
  header_seen_ = false;
  head_ = false;
  route_ = HttpRouter::kNoRoute;
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<uint32_t>(shared().options.max_header_size));
  parser_->body_limit(shared().options.max_body_size);
  stream_.expires_after(Chrono(shared().options.idle_timeout));
  if (buffer_.size() > 0) return Parse();
  if (buffer_.capacity() > kIdleBuffer) buffer_.shrink_to_fit();
  Read();
}

void HttpConnection::Read() {
  if (buffer_.size() + kReadSize > buffer_.max_size())
    return RefuseBroken(http::error::buffer_overflow);
  stream_.async_read_some(buffer_.prepare(kReadSize),
                          [self = shared_from_this()](beast::error_code error, size_t bytes) {
                            self->OnRead(error, bytes);
                          });
}

void HttpConnection::OnRead(beast::error_code error, size_t bytes) {
  if (state_ == State::kClosed) return;
  if (error) return Close();
  buffer_.commit(bytes);
  Parse();
}

void HttpConnection::Parse() {
  if (state_ == State::kIdle) {
    state_ = State::kReading;
    began_ = std::chrono::steady_clock::now();
    stream_.expires_after(Chrono(shared().options.read_timeout));
  }
  beast::error_code error;
  // The parser stops where the header ends; what it left may be the body.
  while (buffer_.size() > 0 && !parser_->is_done()) {
    const size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) break;
    if (error) return RefuseBroken(error);
    if (used == 0) break;
  }
  if (parser_->is_header_done() && !header_seen_) {
    header_seen_ = true;
    if (!AdmitBody()) return;
  }
  if (parser_->is_done()) return Handle();
  Read();
}

bool HttpConnection::AdmitBody() {
  const auto& header = parser_->get();
  // A body of unknown length is held for the largest it may become.
  const size_t announced = parser_->chunked()
                               ? shared().options.max_body_size
                               : static_cast<size_t>(parser_->content_length().value_or(0));
  if (!HoldBodyMemory(announced)) {
    Refuse(Overloaded("too many large requests at once (kHttpBodyMemory)"));
    return false;
  }
  if (!parser_->is_done() &&
      absl::EqualsIgnoreCase(Absl(Std(header[http::field::expect])), "100-continue")) {
    // So short, and nothing before it: the socket's buffer takes it at once.
    beast::error_code ignored;
    stream_.socket().non_blocking(true, ignored);
    stream_.socket().write_some(asio::buffer(kContinue), ignored);
  }
  return true;
}

bool HttpConnection::HoldBodyMemory(size_t bytes) {
  if (bytes == 0) return true;
  body_bytes_held_ = bytes;
  return shared().body_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes <=
         shared().options.body_memory;
}

void HttpConnection::FreeBodyMemory() {
  if (body_bytes_held_ > 0)
    shared().body_bytes.fetch_sub(body_bytes_held_, std::memory_order_relaxed);
  body_bytes_held_ = 0;
}

void HttpConnection::Handle() {
  state_ = State::kHandling;
  stream_.expires_never();
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  http10_ = message.version() < 11;
  head_ = message.method() == http::verb::head;
  if (!http10_ && message.find(http::field::host) == message.end()) {
    return Refuse(
        HttpMessage(400, "the request has no Host header, which HTTP/1.1 asks for: send one"));
  }
  HttpRequest request;
  request.method = std::string(Std(message.method_string()));
  if (const absl::Status read = ReadTarget(Std(message.target()), request); !read.ok()) {
    return Refuse(HttpMessage(400, std::string(read.message())));
  }
  request.body = std::move(message.body());
  HttpRouter::Match match = shared().router->Find(request);
  route_ = match.route;
  if (match.handler == nullptr) return Send(std::move(match.answer));
  (*match.handler)(std::move(request), HttpResponder(shared_from_this()));
}

void HttpConnection::RefuseBroken(beast::error_code error) {
  Refuse(Complaint(error, shared().options));
}

void HttpConnection::Refuse(const HttpResponse& response) {
  keep_alive_ = false;
  http10_ = false;
  Write(response);
}

void HttpConnection::Send(HttpResponse response) {
  // On the loop's thread it can be written right away: writing never calls back from within.
  if (loop_->OnLoopThread()) return Write(response);
  loop_->Post(
      [self = shared_from_this(), response = std::move(response)] { self->Write(response); });
}

void HttpConnection::TellAnswer(int status) {
  if (!shared().options.on_answer) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began_);
  shared().options.on_answer(route_, status, base::Micros(took.count()));
}

void HttpConnection::Write(const HttpResponse& response) {
  if (state_ == State::kClosed) return;
  SAGA_CHECK(state_ != State::kWriting && state_ != State::kLingering);
  state_ = State::kWriting;
  FreeBodyMemory();
  if (loop_->draining()) keep_alive_ = false;
  TellAnswer(response.status);
  out_.clear();
  absl::StrAppend(&out_, "HTTP/1.1 ", response.status, " ",
                  Absl(Std(http::obsolete_reason(static_cast<http::status>(response.status)))),
                  "\r\nDate: ", loop_->Date(), "\r\nContent-Type: ", Absl(response.content_type),
                  "\r\nContent-Length: ", response.body.size(), "\r\n");
  if (!response.location.empty()) absl::StrAppend(&out_, "Location: ", response.location, "\r\n");
  if (!keep_alive_) {
    absl::StrAppend(&out_, "Connection: close\r\n");
  } else if (http10_) {
    absl::StrAppend(&out_, "Connection: keep-alive\r\n");
  }
  absl::StrAppend(&out_, "\r\n");
  if (!head_) absl::StrAppend(&out_, response.body);
  stream_.expires_after(Chrono(shared().options.write_timeout));
  asio::async_write(
      stream_, asio::buffer(out_),
      [self = shared_from_this()](beast::error_code error, size_t) { self->OnWritten(error); });
}

void HttpConnection::OnWritten(beast::error_code error) {
  if (state_ == State::kClosed) return;
  if (error) return Close();
  if (out_.capacity() > kIdleBuffer) std::string().swap(out_);
  if (!keep_alive_ || loop_->draining()) return Linger();
  AwaitRequest();
}

// Closing with bytes unread would reset the connection, and the reset can overtake the answer.
void HttpConnection::Linger() {
  if (state_ != State::kLingering) {
    state_ = State::kLingering;
    beast::error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (error) return Close();
    stream_.expires_after(Chrono(shared().options.linger));
  }
  buffer_.consume(buffer_.size());
  stream_.async_read_some(buffer_.prepare(kReadSize),
                          [self = shared_from_this()](beast::error_code error, size_t bytes) {
                            if (self->state_ == State::kClosed) return;
                            self->lingered_ += bytes;
                            if (error || self->lingered_ > core::kHttpLingerBytes)
                              return self->Close();
                            self->Linger();
                          });
}

void HttpConnection::Drain() {
  // One that is in the middle of something sees that the loop drains when it is through.
  if (state_ == State::kIdle) Close();
}

void HttpConnection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  FreeBodyMemory();
  stream_.close();
  loop_->Remove(shared_from_this());
}

}  // namespace saga::api
