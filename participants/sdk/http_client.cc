#include "participants/sdk/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "participants/sdk/address.h"

namespace saga::participants::sdk {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

struct Url {
  Address address;
  std::string target;
};

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "http://")) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not an http:// URL"));
  }
  const size_t path = std::min(rest.find('/'), rest.find('?'));
  const absl::string_view host = rest.substr(0, path);
  const bool has_port = host.find(':') != absl::string_view::npos;
  absl::StatusOr<Address> address =
      ParseAddress(has_port ? std::string(host) : absl::StrCat(host, ":80"));
  if (!address.ok()) return address.status();
  std::string target = path == absl::string_view::npos ? "/" : std::string(rest.substr(path));
  if (target.front() == '?') target.insert(0, "/");
  return Url{*std::move(address), std::move(target)};
}

// The steps of one request, each started by the one before; run() drives them.
class Exchange {
 public:
  Exchange(const Url& url, const std::string& body,
           const std::map<std::string, std::string>& headers)
      : resolver_(context_), stream_(context_), url_(url) {
    request_.version(11);
    request_.method(body.empty() ? http::verb::get : http::verb::post);
    request_.target(url.target);
    request_.set(http::field::host, ToString(url.address));
    request_.set(http::field::content_type, "application/json");
    request_.set(http::field::accept, "application/json");
    for (const auto& [name, value] : headers) request_.set(name, value);
    request_.body() = body;
    request_.prepare_payload();
    request_.keep_alive(false);
  }

  absl::StatusOr<HttpResponse> Run(absl::Duration timeout) {
    resolver_.async_resolve(
        url_.address.host, std::to_string(url_.address.port),
        [this](beast::error_code error, const auto& found) {
          if (Failed(error)) return;
          stream_.async_connect(found, [this](beast::error_code e, const auto&) { OnConnect(e); });
        });
    context_.run_for(absl::ToChronoMicroseconds(timeout));
    if (!done_)
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(timeout)));
    if (error_) return absl::UnavailableError(error_.message());
    return HttpResponse{.status = static_cast<int>(response_.result_int()),
                        .body = std::move(response_.body())};
  }

 private:
  void OnConnect(beast::error_code error) {
    if (Failed(error)) return;
    http::async_write(stream_, request_, [this](beast::error_code e, size_t) { OnWrite(e); });
  }

  void OnWrite(beast::error_code error) {
    if (Failed(error)) return;
    http::async_read(stream_, buffer_, response_, [this](beast::error_code e, size_t) {
      if (!Failed(e)) done_ = true;
    });
  }

  bool Failed(beast::error_code error) {
    if (!error) return false;
    error_ = error;
    done_ = true;
    return true;
  }

  asio::io_context context_;
  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  const Url& url_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  beast::error_code error_;
  bool done_ = false;
};

}  // namespace

absl::StatusOr<HttpResponse> CallHttp(absl::string_view url, const std::string& body,
                                      const std::map<std::string, std::string>& headers,
                                      absl::Duration timeout) {
  const absl::StatusOr<Url> parsed = ParseUrl(url);
  if (!parsed.ok()) return parsed.status();
  return Exchange(*parsed, body, headers).Run(timeout);
}

}  // namespace saga::participants::sdk
