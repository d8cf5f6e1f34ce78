#pragma once

// An HTTP client for tests of a server: sends the bytes it is given, right or wrong, in the pieces
// it is given, and reads what comes back. Blocks, with deadlines.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace saga::testing {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawHttp {
 public:
  // Connects to 127.0.0.1; ok() tells whether it worked.
  explicit RawHttp(int port);
  ~RawHttp();

  RawHttp(RawHttp&& other) noexcept;
  RawHttp& operator=(RawHttp&&) = delete;

  bool ok() const { return fd_ >= 0; }

  // False when the other side does not take it all.
  bool Send(std::string_view bytes);
  // No more will be sent; what comes can still be read.
  void FinishSending();
  // Ends the connection so that the other side sees a reset.
  void Reset();

  // The next response; nullopt when the connection ends, or nothing complete has come in time. A
  // response to HEAD has no body behind its header.
  std::optional<RawResponse> Read(bool to_head = false);

  // Whether the other side ends the connection in time.
  bool Closes();

  // Request and response in one.
  std::optional<RawResponse> Get(std::string_view target);
  std::optional<RawResponse> Post(std::string_view target, std::string_view body);

  static std::string Request(std::string_view method, std::string_view target,
                             std::string_view body = {});

 private:
  bool Fill();  // more bytes into buffer_; false at the end or when the time is over

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace saga::testing
