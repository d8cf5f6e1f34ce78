#pragma once

// The whole shop as real processes: sagad, order and product.

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"
#include "tests/integration/participants/shop.h"

namespace saga::e2e {

struct PurchaseShopOptions {
  std::string branches = "grpc";  // how order's branches are called: grpc, http or registered
  std::string database;           // of order and product, mysql://...; empty: a SQLite file each
  std::vector<std::string> product_args;
  std::vector<std::string> order_args;
  std::vector<std::string> sagad_args;
  std::string sagad_grpc;    // where sagad listens; empty: any free port
  std::string product_grpc;  // what order calls product by; empty: its address
};

// Start, stop and restart from one thread; the calls to order and product from any.
class PurchaseShop {
 public:
  // sagad, product and one order service, ready to be called.
  explicit PurchaseShop(const PurchaseShopOptions& options);

  // sagad again, on the same data and the same port, after its end or after a SIGTERM;
  // `crash_point` as in SAGAD_CRASH_POINT, empty: none.
  void RestartSagad(const std::string& crash_point);
  // One more order service on the same database.
  participants::Participant MoreOrder();

  void SetStock(int64_t product_id, int64_t pieces);
  // "stock/frozen".
  std::string Stock(int64_t product_id);
  int64_t CreateOrder(const std::string& code, int64_t product_id, int64_t quantity);
  nlohmann::json Order(int64_t order_id);
  std::vector<nlohmann::json> Orders();

  // The payment provider's callback at `order`; null when it is to be repeated.
  nlohmann::json Notify(participants::Participant& order, const std::string& code,
                        bool wait_result);
  // Repeats the callback until it is taken, as the provider does.
  nlohmann::json NotifyUntilTaken(const std::string& code, bool wait_result);
  // Reserves an order's stock, and cancels that when `cancel` is set; null when no answer came.
  nlohmann::json Reserve(int64_t order_id, bool cancel);

  // What of a product's stock, its paid orders and `initial` does not add up; empty: all does.
  std::string Imbalance(int64_t product_id, int64_t initial);
  // Rows of product's journal for an order, as "deduct restore".
  std::string Journal(int64_t order_id);
  // Global transactions of sagad by status.
  std::map<std::string, int> Transactions();
  // A series of sagad's metrics, as "saga_branch_calls_total{...}"; 0 when it is not there.
  int Metric(const std::string& series);

  const PurchaseShopOptions options;
  fixture::TempDir dir;
  fixture::Sagad sagad;
  participants::Participant product;
  std::unique_ptr<participants::Participant> order;

 private:
  std::vector<std::string> ProductArgs() const;
  std::vector<std::string> OrderArgs();
};

}  // namespace saga::e2e
