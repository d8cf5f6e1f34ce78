#pragma once

// An order and what may become of it, without a database.
//
//   pending --BeginPayment--> processing --ConfirmPayment--> paid
//                               |    ^                         |
//                RevertPayment  v    +----UnconfirmPayment-----+
//                             failed
//
// The numbers are those of the earlier order system from its version 3.0 on, where 3 means "the
// stock is being deducted" (before, 3 meant paid and 4 failed; business.md 2.2). This schema never
// held the older meaning.
//
// Thread safety: values and free functions, no shared state.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::order::domain {

inline constexpr size_t kMaxItems = 1000;
inline constexpr size_t kMaxCodeBytes = 100;  // a gid made of it stays under the wire's 128 bytes
inline constexpr int64_t kMaxQuantity = 1'000'000;
// The sum over all items then fits 64 bits.
inline constexpr int64_t kMaxPriceCents = 1'000'000'000;

enum class PayStatus { kPending = 0, kProcessing = 3, kPaid = 4, kFailed = 5 };
enum class ShipStatus { kNone = 0, kReset = 1, kReady = 2 };

absl::string_view Name(PayStatus status);

struct Item {
  int64_t product_id = 0;
  int64_t size_id = 0;
  int64_t quantity = 0;
  int64_t price_cents = 0;  // of one piece

  friend bool operator==(const Item&, const Item&) = default;
};

struct Order {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string code;
  PayStatus pay_status = PayStatus::kPending;
  ShipStatus ship_status = ShipStatus::kNone;
  std::string pay_error;
  std::string trade_no;
  std::string pay_time;  // RFC 3339, UTC; empty until paid
  std::string gid;       // of the payment's global transaction
  int64_t price_cents = 0;
  int64_t version = 0;
  std::string created_at;
  std::string updated_at;
  std::vector<Item> items;
};

// What is wrong with a new order; empty when nothing is. Sets the price.
std::string CheckNew(Order& order);

// The moves of a payment. Each changes `order` when it is allowed, and only for the transaction
// `gid` that began it. A move that was made before is done and changes nothing.
sdk::Outcome BeginPayment(Order& order, const std::string& gid, const std::string& trade_no);
sdk::Outcome RevertPayment(Order& order, const std::string& gid);
sdk::Outcome ConfirmPayment(Order& order, const std::string& gid, const std::string& now);
sdk::Outcome UnconfirmPayment(Order& order, const std::string& gid);

}  // namespace saga::participants::order::domain
