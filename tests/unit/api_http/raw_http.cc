#include "tests/unit/api_http/raw_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace saga::testing {

namespace {

constexpr int kDeadlineMs = 20'000;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RawHttp::RawHttp(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    fd_ = fd;
  } else {
    close(fd);
  }
}

RawHttp::~RawHttp() {
  if (fd_ >= 0) close(fd_);
}

RawHttp::RawHttp(RawHttp&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

bool RawHttp::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawHttp::FinishSending() { shutdown(fd_, SHUT_WR); }

void RawHttp::Reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  close(std::exchange(fd_, -1));
}

bool RawHttp::Fill() {
  pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&wait, 1, kDeadlineMs) <= 0) return false;
  char bytes[65536];
  const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::optional<RawResponse> RawHttp::Read(bool to_head) {
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  RawResponse response;
  const std::string header = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  const std::vector<std::string> lines = absl::StrSplit(header, "\r\n");
  const std::vector<std::string> first = absl::StrSplit(lines[0], absl::MaxSplits(' ', 2));
  if (first.size() < 2 || !absl::SimpleAtoi(first[1], &response.status)) return std::nullopt;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    response.headers[absl::AsciiStrToLower(field.first)] = field.second;
  }
  size_t length = 0;
  if (response.headers.count("content-length") > 0) {
    if (!absl::SimpleAtoi(response.headers["content-length"], &length)) return std::nullopt;
  }
  if (to_head) length = 0;
  while (buffer_.size() < length) {
    if (!Fill()) return std::nullopt;
  }
  response.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

bool RawHttp::Closes() {
  pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
  while (poll(&wait, 1, kDeadlineMs) > 0) {
    char bytes[65536];
    if (recv(fd_, bytes, sizeof(bytes), 0) <= 0) return true;
  }
  return false;
}

std::optional<RawResponse> RawHttp::Get(std::string_view target) {
  if (!Send(Request("GET", target))) return std::nullopt;
  return Read();
}

std::optional<RawResponse> RawHttp::Post(std::string_view target, std::string_view body) {
  if (!Send(Request("POST", target, body))) return std::nullopt;
  return Read();
}

std::string RawHttp::Request(std::string_view method, std::string_view target,
                             std::string_view body) {
  std::string request =
      absl::StrCat(Absl(method), " ", Absl(target), " HTTP/1.1\r\nHost: test\r\n");
  if (!body.empty() || method == "POST")
    absl::StrAppend(&request, "Content-Length: ", body.size(), "\r\n");
  return absl::StrCat(request, "\r\n", Absl(body));
}

}  // namespace saga::testing
