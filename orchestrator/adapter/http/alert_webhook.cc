#include "orchestrator/adapter/http/alert_webhook.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/http/libcurl.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

constexpr int kIdlePollMs = 60 * 60 * 1000;  // libcurl's timers and wake-ups make it shorter
constexpr char kQueueFull[] = "too many alerts are waiting (kAlertQueue)";
constexpr char kStopping[] = "sagad is stopping";

// In the order that DTM writes them.
std::string Body(const port::Alert& alert) {
  using Json = nlohmann::ordered_json;
  const Json body = {{"gid", alert.gid},
                     {"status", core::WordOf(alert.status)},
                     {"branch", alert.branch},
                     {"error", alert.error},
                     {"retry_count", alert.retry_count}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

size_t PassOver(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

class AlertWebhook::Impl {
 public:
  explicit Impl(AlertWebhookOptions options) : options_(std::move(options)) {
    StartLibcurl();
    multi_ = curl_multi_init();
    handle_ = curl_easy_init();
    SAGA_CHECK(multi_ != nullptr && handle_ != nullptr);
    for (const char* line : {"Content-Type: application/json", "User-Agent: sagad", "Expect:"}) {
      curl_slist* const longer = curl_slist_append(header_lines_, line);
      SAGA_CHECK(longer != nullptr);
      header_lines_ = longer;
    }
    SetUpHandle();
    thread_ = std::thread([this] { Run(); });
    ::pthread_setname_np(thread_.native_handle(), "alert-webhook");
  }

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (size_t i = waiting_.size(); i > 0; --i) End(port::AlertEnd::kDropped, kStopping);
    curl_easy_cleanup(handle_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(header_lines_);
  }

  void Send(port::Alert alert) {
    bool full = false;
    {
      absl::MutexLock lock(&mutex_);
      full = waiting_.size() >= options_.queue;
      if (!full) waiting_.push_back(std::move(alert));
    }
    if (full) return End(port::AlertEnd::kDropped, kQueueFull);
    curl_multi_wakeup(multi_);
  }

 private:
  void SetUpHandle() {
    SetCurl(handle_, CURLOPT_HTTPHEADER, header_lines_);
    SetCurl(handle_, CURLOPT_ERRORBUFFER, error_.data());
    SetCurl(handle_, CURLOPT_WRITEFUNCTION, &PassOver);
    SetCurl(handle_, CURLOPT_NOSIGNAL, 1L);
    SetCurl(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    SetCurl(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    // An empty proxy switches off what the environment says.
    SetCurl(handle_, CURLOPT_PROXY, "");
    SetCurl(handle_, CURLOPT_QUICK_EXIT, 1L);
    // 0 would mean "no limit" to libcurl.
    SetCurl(handle_, CURLOPT_TIMEOUT_MS,
            static_cast<long>(std::max<int64_t>(options_.timeout.micros / 1000, 1)));
    SetCurl(handle_, CURLOPT_POST, 1L);
  }

  void Run() {
    while (!Stopping()) {
      const std::optional<port::Alert> alert = Take();
      if (alert.has_value()) {
        Post(*alert);
      } else {
        Poll();
      }
    }
  }

  bool Stopping() {
    absl::MutexLock lock(&mutex_);
    return stopping_;
  }

  std::optional<port::Alert> Take() {
    absl::MutexLock lock(&mutex_);
    if (waiting_.empty()) return std::nullopt;
    port::Alert alert = std::move(waiting_.front());
    waiting_.pop_front();
    return alert;
  }

  void Poll() { SAGA_CHECK(curl_multi_poll(multi_, nullptr, 0, kIdlePollMs, nullptr) == CURLM_OK); }

  void Post(const port::Alert& alert) {
    const std::string body = Body(alert);
    error_[0] = '\0';
    if (curl_easy_setopt(handle_, CURLOPT_URL, options_.url.c_str()) != CURLE_OK)
      return End(port::AlertEnd::kFailed, "the URL cannot be used");
    SetCurl(handle_, CURLOPT_POSTFIELDS, body.data());
    SetCurl(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    SAGA_CHECK(curl_multi_add_handle(multi_, handle_) == CURLM_OK);
    const std::optional<CURLcode> result = Perform();
    SAGA_CHECK(curl_multi_remove_handle(multi_, handle_) == CURLM_OK);
    if (!result.has_value()) return End(port::AlertEnd::kDropped, kStopping);
    Conclude(*result);
  }

  // How the transfer ended; nothing: it was given up because it is time to stop.
  std::optional<CURLcode> Perform() {
    while (!Stopping()) {
      int running = 0;
      SAGA_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      int left = 0;
      const CURLMsg* const message = curl_multi_info_read(multi_, &left);
      if (message != nullptr && message->msg == CURLMSG_DONE) return message->data.result;
      Poll();
    }
    return std::nullopt;
  }

  void Conclude(CURLcode result) {
    if (result != CURLE_OK) {
      const bool said = error_[0] != '\0';
      return End(port::AlertEnd::kFailed, said ? error_.data() : curl_easy_strerror(result));
    }
    long status = 0;
    SAGA_CHECK(curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    if (status >= 200 && status < 300) return End(port::AlertEnd::kDelivered, "");
    End(port::AlertEnd::kFailed, "status " + std::to_string(status));
  }

  void End(port::AlertEnd end, const std::string& error) {
    if (options_.on_end) options_.on_end(end, error);
  }

  const AlertWebhookOptions options_;
  CURLM* multi_ = nullptr;
  CURL* handle_ = nullptr;
  curl_slist* header_lines_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<port::Alert> waiting_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

AlertWebhook::AlertWebhook(AlertWebhookOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

AlertWebhook::~AlertWebhook() = default;

void AlertWebhook::Send(port::Alert alert) { impl_->Send(std::move(alert)); }

}  // namespace saga::adapter
