#pragma once

// Order and product as real processes, with the fake orchestrator in sagad's place.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "participants/sdk/http_message.h"
#include "participants/sdk/testing/fake_orchestrator.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::participants {

// One participant process on free ports.
class Participant {
 public:
  // `name` is the program; `data_dir` its data directory.
  Participant(std::string name, std::string data_dir, std::vector<std::string> args);

  // Starts (again) on the same data; new ports. False: it did not come up.
  bool Start();
  const std::string& grpc() const { return grpc_; }
  const std::string& http() const { return http_; }
  fixture::Process& process() { return *process_; }

  // POSTs `body` to the method over HTTP and expects 200; the answer.
  nlohmann::json Post(const std::string& method, const nlohmann::json& body);
  // The same, whatever the answer.
  absl::StatusOr<sdk::HttpResponse> TryPost(const std::string& method, const std::string& body);

 private:
  const std::string name_;
  const std::string data_dir_;
  const std::vector<std::string> args_;
  std::unique_ptr<fixture::Process> process_;
  std::string grpc_;
  std::string http_;
};

// Rows of product's journal for an order, as "deduct restore"; `database` is product's, as its flag
// names it, or its file.
std::string JournalOf(const std::string& database, int64_t order_id);

class Shop {
 public:
  // `branches` is "grpc" or "http": how the branches of order's transactions are called.
  explicit Shop(const std::string& branches, std::vector<std::string> product_args = {});

  // Flags of an order process of this shop.
  std::vector<std::string> OrderArgs() const;

  void SetStock(int64_t product_id, int64_t stock);
  // "stock/frozen".
  std::string Stock(int64_t product_id);
  // Orders `quantity` pieces each of `product_ids`; the order_id.
  int64_t CreateOrder(const std::string& code, const std::vector<int64_t>& product_ids,
                      int64_t quantity);
  nlohmann::json Order(int64_t order_id);
  nlohmann::json Pay(const std::string& code, bool wait_result);

  // Rows of product's journal for an order, as "deduct restore".
  std::string Journal(int64_t order_id);

  fixture::TempDir dir;
  sdk::testing::FakeOrchestrator sagad;
  Participant product;
  std::unique_ptr<Participant> order;

 private:
  const std::string branches_;
};

}  // namespace saga::participants
