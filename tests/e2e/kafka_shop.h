#pragma once

// The shop with Kafka: order and product register with sagad, take commands from a broker, and
// sagad reaches product's gRPC door only through a gate.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/purchase_shop.h"
#include "tests/fixture/tcp_gate.h"

namespace saga::e2e {

struct KafkaShopOptions {
  std::string broker;
  std::string branches = "grpc";  // as order's flag
  bool events = false;
  std::vector<std::string> sagad_args;
};

class KafkaShop {
 public:
  // Every shop has topics, groups and participants' names of its own, so that many share a broker.
  explicit KafkaShop(const KafkaShopOptions& options);

  // Creates `count` orders of one piece of product 7, code PREFIX-0 and so on, and notifies each
  // until that is taken, without waiting for its end.
  void Buy(const std::string& prefix, int count);
  // Until so many transactions have ended as succeed, and none is open. False after a minute.
  bool AllSucceed(int count);

  const std::string id;
  const std::string command_topic;  // product's
  const std::string reply_topic;
  const std::string event_topic;
  const std::string dead_letter_topic;

 private:
  const std::string sagad_grpc_;
  const std::string product_grpc_;

 public:
  fixture::TcpGate gate;  // in front of product's gRPC door
  PurchaseShop shop;

 private:
  PurchaseShopOptions ShopOptions(const KafkaShopOptions& options) const;
};

}  // namespace saga::e2e
