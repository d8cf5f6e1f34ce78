#pragma once

// People who buy: each makes an order and repeats the payment provider's callback, at one order
// service or the other, until it is taken.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/chaos/cluster.h"

namespace saga::chaos {

struct Purchase {
  int64_t order_id = 0;
  std::string code;
  int64_t product_id = 0;
  int64_t quantity = 0;
};

// Thread-safe.
class Buyers {
 public:
  // Starts at once; `purchases` in all, of products 1 to `products`. Each buyer thinks for `pause`
  // before the next one.
  Buyers(Cluster& cluster, int purchases, int products, absl::Duration pause);
  ~Buyers();

  // How many callbacks were taken so far.
  int taken() const { return taken_; }
  // How many of them were refused or not answered before.
  int repeated() const { return repeated_; }
  // Whether all have bought, or given up.
  bool done() const { return done_ == static_cast<int>(threads_.size()); }
  std::vector<Purchase> purchases() const;

 private:
  void Buy(int buyer);
  bool Pay(const Purchase& purchase, int number);

  Cluster& cluster_;
  const int all_;
  const int products_;
  const absl::Duration pause_;
  std::atomic<int> taken_ = 0;
  std::atomic<int> repeated_ = 0;
  std::atomic<int> done_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<Purchase> purchases_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace saga::chaos
