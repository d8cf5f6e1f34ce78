#pragma once

// An HttpServer on a free port with handlers that show what reached them.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/http_server.h"
#include "tests/unit/api_http/raw_http.h"

namespace saga::api {

// Whether `condition` becomes true within 20 s.
inline bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    options_.address = "127.0.0.1:0";
    options_.on_answer = [this](std::string_view route, int status, base::Duration) {
      absl::MutexLock lock(&mutex_);
      answers_.emplace_back(route, status);
    };
    router_.Add("GET", "/hello", [](HttpRequest, HttpResponder responder) {
      responder.Send({.body = "\"hello\""});
    });
    router_.Add("POST", "/echo", [](HttpRequest request, HttpResponder responder) {
      responder.Send({.body = std::move(request.body)});
    });
    router_.Add(HttpRouter::kAnyMethod, "/any", [](HttpRequest request, HttpResponder responder) {
      responder.Send({.body = request.method});
    });
    router_.Add("GET", "/drop", [](HttpRequest, HttpResponder) {});
    router_.Add("GET", "/later", [this](HttpRequest, HttpResponder responder) {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(std::make_unique<HttpResponder>(std::move(responder)));
    });
  }

  ~HttpServerTest() override { server_.reset(); }

  void Start() {
    auto server = HttpServer::Start(options_, router_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  size_t Waiting() {
    absl::MutexLock lock(&mutex_);
    return waiting_.size();
  }

  // Answers what waits at /later, from this thread.
  void AnswerLater(const std::string& body) {
    std::vector<std::unique_ptr<HttpResponder>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      waiting.swap(waiting_);
    }
    for (const auto& responder : waiting) responder->Send({.body = body});
  }

  std::vector<std::pair<std::string, int>> Answers() {
    absl::MutexLock lock(&mutex_);
    return answers_;
  }

  void ExpectAlive() {
    testing::RawHttp client(server_->port());
    const auto response = client.Get("/hello");
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 200);
  }

  HttpServerOptions options_;
  HttpRouter router_;
  std::unique_ptr<HttpServer> server_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<HttpResponder>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, int>> answers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::api
