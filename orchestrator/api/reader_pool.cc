#include "orchestrator/api/reader_pool.h"

#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace saga::api {

class ReaderPool::Impl {
 public:
  Impl(size_t threads, size_t queue) : most_(threads + queue), pool_(threads) {}
  ~Impl() { pool_.join(); }

  bool Run(absl::AnyInvocable<void()>&& read) {
    if (taken_.fetch_add(1, std::memory_order_relaxed) >= most_) {
      taken_.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    boost::asio::post(pool_, [this, read = std::move(read)]() mutable {
      read();
      // What the read holds goes before its place does.
      read = nullptr;
      taken_.fetch_sub(1, std::memory_order_relaxed);
    });
    return true;
  }

 private:
  const size_t most_;  // running and waiting
  std::atomic<size_t> taken_{0};
  boost::asio::thread_pool pool_;
};

ReaderPool::ReaderPool(size_t threads, size_t queue)
    : impl_(std::make_unique<Impl>(threads, queue)) {}

ReaderPool::~ReaderPool() = default;

bool ReaderPool::Run(absl::AnyInvocable<void()>&& read) { return impl_->Run(std::move(read)); }

}  // namespace saga::api
