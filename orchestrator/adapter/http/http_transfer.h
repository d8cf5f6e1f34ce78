#pragma once

// Includes libcurl: for the .cc files of this folder only.

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>

#include "orchestrator/adapter/http/http_reply.h"
#include "orchestrator/adapter/http/http_request.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// A branch call on its way to the wire.
struct HttpCall {
  HttpRequest request;
  std::chrono::steady_clock::time_point deadline;
  port::BranchCaller::Done done;
};

// An easy handle with all that it points to; made once, used for call after call. Not thread-safe.
class HttpTransfer {
 public:
  HttpTransfer();
  ~HttpTransfer();

  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // Makes the handle ready to be added to a multi handle. False: libcurl has no memory for it.
  [[nodiscard]] bool Begin(HttpCall call, std::chrono::steady_clock::time_point now);

  // The call ended with `result`: tells its `done`. The handle must not be in a multi handle any
  // more.
  void End(CURLcode result);
  // The same for a call that was given up.
  void Abandon(std::string why, port::Reach reach,
               core::DeadReason hopeless = core::DeadReason::kNone);

  CURL* handle() const { return handle_; }
  // The transfer that a handle belongs to.
  static HttpTransfer* Of(CURL* handle);

 private:
  static size_t OnBody(char* data, size_t size, size_t count, void* transfer);
  void Tell(port::BranchReply reply);

  CURL* const handle_;
  curl_slist* header_lines_ = nullptr;
  HttpCall call_;
  HttpReplyReader reply_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace saga::adapter
