#include "orchestrator/adapter/http/http_transfer.h"

#include <algorithm>
#include <climits>
#include <string>
#include <utility>

#include "orchestrator/adapter/http/libcurl.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/reply_text.h"

namespace saga::adapter {
namespace {

constexpr long kMaxRedirects = 10;  // as Go's client, and so DTM, does

long MillisLeft(std::chrono::steady_clock::time_point now,
                std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  // 0 would mean "no limit" to libcurl.
  return static_cast<long>(std::clamp<int64_t>(left, 1, INT_MAX));
}

// Of a transfer that failed.
port::Reach ReachOf(CURLcode result) {
  switch (static_cast<int>(result)) {
    case CURLE_OPERATION_TIMEDOUT:
      return port::Reach::kTimedOut;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OUT_OF_MEMORY:
      return port::Reach::kAnswered;
    default:
      return port::Reach::kUnreachable;
  }
}

core::DeadReason HopelessOf(CURLcode result) {
  const bool bad_url = result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT;
  return bad_url ? core::DeadReason::kContract : core::DeadReason::kNone;
}

}  // namespace

HttpTransfer::HttpTransfer() : handle_(curl_easy_init()) {
  SAGA_CHECK(handle_ != nullptr);
  SetCurl(handle_, CURLOPT_PRIVATE, static_cast<void*>(this));
  SetCurl(handle_, CURLOPT_WRITEFUNCTION, &HttpTransfer::OnBody);
  SetCurl(handle_, CURLOPT_WRITEDATA, static_cast<void*>(this));
  SetCurl(handle_, CURLOPT_ERRORBUFFER, error_.data());
  SetCurl(handle_, CURLOPT_NOSIGNAL, 1L);
  SetCurl(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  SetCurl(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  SetCurl(handle_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  SetCurl(handle_, CURLOPT_FOLLOWLOCATION, 1L);
  SetCurl(handle_, CURLOPT_MAXREDIRS, kMaxRedirects);
  SetCurl(handle_, CURLOPT_PATH_AS_IS, 1L);
  // An empty proxy switches off what the environment says.
  SetCurl(handle_, CURLOPT_PROXY, "");
  // A call that ends while its host's name is still looked up does not wait for the lookup: that
  // would hold up every other call.
  SetCurl(handle_, CURLOPT_QUICK_EXIT, 1L);
  SetCurl(handle_, CURLOPT_TCP_NODELAY, 1L);
  SetCurl(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
}

HttpTransfer::~HttpTransfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(header_lines_);
}

bool HttpTransfer::Begin(HttpCall call, std::chrono::steady_clock::time_point now) {
  call_ = std::move(call);
  if (call_.request.json_rpc) reply_.ExpectJsonRpc();
  error_[0] = '\0';
  curl_slist_free_all(header_lines_);
  // Without this libcurl asks before it sends a large body, and waits a second for the answer.
  header_lines_ = curl_slist_append(nullptr, "Expect:");
  for (const std::string& line : call_.request.header_lines) {
    curl_slist* const longer =
        header_lines_ == nullptr ? nullptr : curl_slist_append(header_lines_, line.c_str());
    if (longer == nullptr) return false;
    header_lines_ = longer;
  }
  SetCurl(handle_, CURLOPT_HTTPHEADER, header_lines_);
  SetCurl(handle_, CURLOPT_TIMEOUT_MS, MillisLeft(now, call_.deadline));
  if (call_.request.post) {
    const std::string& body = base::Value(call_.request.body);
    SetCurl(handle_, CURLOPT_POST, 1L);
    SetCurl(handle_, CURLOPT_POSTFIELDS, body.data());
    SetCurl(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  } else {
    SetCurl(handle_, CURLOPT_HTTPGET, 1L);
  }
  return curl_easy_setopt(handle_, CURLOPT_URL, call_.request.url.c_str()) == CURLE_OK;
}

void HttpTransfer::End(CURLcode result) {
  if (result != CURLE_OK) {
    const char* const why = error_[0] != '\0' ? error_.data() : curl_easy_strerror(result);
    return Abandon(std::string("HTTP call failed: ") + why, ReachOf(result), HopelessOf(result));
  }
  long status = 0;
  SAGA_CHECK(curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
  Tell(reply_.Conclude(status));
}

void HttpTransfer::Abandon(std::string why, port::Reach reach, core::DeadReason hopeless) {
  Tell({.outcome = core::Outcome::kUnknown,
        .text = core::ReplyText(core::Outcome::kUnknown, why, core::kLargestReason),
        .reach = reach,
        .hopeless = hopeless});
}

void HttpTransfer::Tell(port::BranchReply reply) {
  reply_.Reset();
  HttpCall ended = std::exchange(call_, HttpCall{});
  ended.done(std::move(reply));
}

HttpTransfer* HttpTransfer::Of(CURL* handle) {
  char* transfer = nullptr;
  SAGA_CHECK(curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer) == CURLE_OK);
  return reinterpret_cast<HttpTransfer*>(transfer);
}

size_t HttpTransfer::OnBody(char* data, size_t size, size_t count, void* transfer) {
  static_cast<HttpTransfer*>(transfer)->reply_.Read({data, size * count});
  return size * count;
}

}  // namespace saga::adapter
