#pragma once

// The shop with services that register with sagad, two of them product.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "saga/v1/registry.pb.h"
#include "tests/e2e/purchase_shop.h"

namespace saga::e2e {

class RegisteredShop {
 public:
  // Both instances of product are live. `delay_ms`: of every branch of product.
  explicit RegisteredShop(int delay_ms = 0);

  // What sagad says of the instances of product, by address. Empty when it does not answer.
  std::map<std::string, v1::Instance> Products();
  std::string State(const std::string& address) { return Products()[address].state(); }
  // Until both say so; false when they do not in time.
  bool WaitForStates(const std::string& first, const std::string& second);

  // Buys one piece of product 7 and waits for the end: RESULT_PAID.
  std::string Buy(const std::string& code);

 private:
  const std::string sagad_grpc_;

 public:
  PurchaseShop shop;               // its product is the first instance
  participants::Participant twin;  // the second, on the same database
};

}  // namespace saga::e2e
