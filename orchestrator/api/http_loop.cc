#include "orchestrator/api/http_loop.h"

#include <pthread.h>

#include <ctime>
#include <vector>

#include "orchestrator/api/http_connection.h"

namespace saga::api {

HttpLoop::HttpLoop(std::shared_ptr<HttpShared> shared, std::string thread_name)
    : shared_(std::move(shared)), work_(boost::asio::make_work_guard(context_)) {
  absl::MutexLock lock(&mutex_);  // nothing is posted before thread_id_ is known
  thread_ = std::thread([this, name = std::move(thread_name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    context_.run();
  });
  thread_id_ = thread_.get_id();
}

HttpLoop::~HttpLoop() { Finish(); }

void HttpLoop::Add(const std::shared_ptr<HttpConnection>& connection) {
  connections_.insert(connection);
  shared_->connections.fetch_add(1, std::memory_order_relaxed);
}

void HttpLoop::Remove(const std::shared_ptr<HttpConnection>& connection) {
  if (connections_.erase(connection) > 0)
    shared_->connections.fetch_sub(1, std::memory_order_relaxed);
}

const std::string& HttpLoop::Date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    date_.assign(text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

void HttpLoop::Drain() {
  Post([this] {
    draining_ = true;
    // A connection that ends takes itself out of the set.
    const std::vector<std::shared_ptr<HttpConnection>> all(connections_.begin(),
                                                           connections_.end());
    for (const auto& connection : all) connection->Drain();
  });
}

void HttpLoop::CloseAll() {
  Post([this] {
    draining_ = true;
    const std::vector<std::shared_ptr<HttpConnection>> all(connections_.begin(),
                                                           connections_.end());
    for (const auto& connection : all) connection->Close();
  });
}

void HttpLoop::Finish() {
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    finished_ = true;
  }
  work_.reset();
  thread_.join();
}

}  // namespace saga::api
