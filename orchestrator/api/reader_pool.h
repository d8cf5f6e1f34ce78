#pragma once

// Threads for what may block, so that the doors' own never do: reading the store for a query, a
// list or a scrape.

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"

namespace saga::api {

// Thread-safe.
class ReaderPool {
 public:
  // `queue`: reads that wait for a thread.
  ReaderPool(size_t threads, size_t queue);
  // Waits for what is running and waiting.
  ~ReaderPool();

  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Takes `read` and runs it soon on a thread of its own. False: the queue is full, `read` was left
  // as it is.
  [[nodiscard]] bool Run(absl::AnyInvocable<void()>&& read);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
