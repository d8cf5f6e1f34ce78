#pragma once

// Inside of the HTTP server: one of its threads, with the connections that live on it. Boost stays
// behind this header and http_connection.h, which only http_*.cc include.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/http_server.h"

namespace saga::api {

class HttpConnection;

// What all connections of a server share; outlives them.
struct HttpShared {
  HttpServerOptions options;
  const HttpRouter* router = nullptr;
  std::atomic<size_t> connections{0};
  std::atomic<size_t> body_bytes{0};
};

class HttpLoop {
 public:
  HttpLoop(std::shared_ptr<HttpShared> shared, std::string thread_name);
  // Finish was called.
  ~HttpLoop();

  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  boost::asio::io_context& context() { return context_; }
  HttpShared& shared() { return *shared_; }

  // Runs `work` on the loop's thread; after Finish it is dropped.
  template <typename Work>
  void Post(Work&& work) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (!finished_) boost::asio::post(context_, std::forward<Work>(work));
  }

  bool OnLoopThread() const { return std::this_thread::get_id() == thread_id_; }

  // Only on the loop's thread.
  void Add(const std::shared_ptr<HttpConnection>& connection);
  void Remove(const std::shared_ptr<HttpConnection>& connection);
  const std::string& Date();  // now, as the Date header has it

  // Any thread. Drain: every connection ends with the request it is at, idle ones now. CloseAll:
  // now.
  void Drain();
  void CloseAll();

  // Any thread, without Add from then on: runs what was posted and ends the thread.
  void Finish() ABSL_LOCKS_EXCLUDED(mutex_);

  // Only on the loop's thread.
  bool draining() const { return draining_; }

 private:
  const std::shared_ptr<HttpShared> shared_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;

  // Of the loop's thread.
  absl::flat_hash_set<std::shared_ptr<HttpConnection>> connections_;
  bool draining_ = false;
  int64_t date_second_ = 0;
  std::string date_;

  absl::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
  std::thread::id thread_id_;  // apart from thread_, which joining changes
};

}  // namespace saga::api
