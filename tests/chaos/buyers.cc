#include "tests/chaos/buyers.h"

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fixture/process.h"

namespace saga::chaos {
namespace {

using nlohmann::json;

constexpr int kBuyers = 8;
constexpr absl::Duration kPatience = absl::Seconds(240);

}  // namespace

Buyers::Buyers(Cluster& cluster, int purchases, int products, absl::Duration pause)
    : cluster_(cluster), all_(purchases), products_(products), pause_(pause) {
  threads_.reserve(kBuyers);
  for (int i = 0; i < kBuyers; ++i) threads_.emplace_back([this, i] { Buy(i); });
}

Buyers::~Buyers() {
  for (std::thread& thread : threads_) thread.join();
}

std::vector<Purchase> Buyers::purchases() const {
  const absl::MutexLock lock(&mutex_);
  return purchases_;
}

void Buyers::Buy(int buyer) {
  for (int n = buyer; n < all_; n += kBuyers) {
    Purchase purchase{.code = absl::StrCat("C-", n),
                      .product_id = 1 + n % products_,
                      .quantity = 1 + (n / products_) % 5};
    const json item = {{"product_id", purchase.product_id},
                       {"size_id", 1},
                       {"quantity", purchase.quantity},
                       {"price_cents", 250}};
    const json order = cluster_.orders[0]->Post(
        "CreateOrder",
        {{"user_id", 1}, {"order_code", purchase.code}, {"items", json::array({item})}});
    if (!absl::SimpleAtoi(order.value("order_id", ""), &purchase.order_id)) break;
    {
      const absl::MutexLock lock(&mutex_);
      purchases_.push_back(purchase);
    }
    if (!Pay(purchase, n)) break;
    ++taken_;
    absl::SleepFor(pause_);  // how dense the load is, so that it lasts as long as the faults
  }
  ++done_;
}

// False: nobody took it for minutes.
bool Buyers::Pay(const Purchase& purchase, int number) {
  const json callback = {{"out_trade_no", purchase.code},
                         {"trade_no", "T-" + purchase.code},
                         {"status_code", "0000"},
                         {"wait_result", number % 2 == 0}};
  size_t at = static_cast<size_t>(number);
  return fixture::WaitUntil(kPatience, [&] {
    auto& order = *cluster_.orders[at++ % cluster_.orders.size()];
    const auto answer = order.TryPost("PayNotify", callback.dump());
    const bool taken = answer.ok() && answer->status == 200;
    if (!taken) ++repeated_;
    return taken;
  });
}

}  // namespace saga::chaos
