#include "participants/order/store/order_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "participants/sdk/barrier.h"

namespace saga::participants::order::store {
namespace {

using domain::Item;
using domain::Order;
using sdk::Rows;
using sdk::Transaction;

constexpr char kService[] = "order";
constexpr char kSqliteTables[] = R"(
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    order_code TEXT NOT NULL UNIQUE,
    -- 0 pending, 3 processing, 4 paid, 5 failed
    pay_status INTEGER NOT NULL DEFAULT 0 CHECK (pay_status IN (0, 3, 4, 5)),
    -- 0 none, 1 reset, 2 ready
    ship_status INTEGER NOT NULL DEFAULT 0 CHECK (ship_status IN (0, 1, 2)),
    pay_error TEXT NOT NULL DEFAULT '',
    trade_no TEXT NOT NULL DEFAULT '',
    pay_time TEXT NOT NULL DEFAULT '',
    gid TEXT NOT NULL DEFAULT '',
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  );
  CREATE TABLE order_details (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL,
    size_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    UNIQUE (order_id, product_id, size_id)
  ))";
constexpr char kMysqlTables[] = R"(
  CREATE TABLE IF NOT EXISTS orders (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    order_code VARCHAR(100) NOT NULL UNIQUE,
    -- 0 pending, 3 processing, 4 paid, 5 failed
    pay_status INT NOT NULL DEFAULT 0 CHECK (pay_status IN (0, 3, 4, 5)),
    -- 0 none, 1 reset, 2 ready
    ship_status INT NOT NULL DEFAULT 0 CHECK (ship_status IN (0, 1, 2)),
    pay_error TEXT NOT NULL,
    trade_no TEXT NOT NULL,
    pay_time VARCHAR(40) NOT NULL DEFAULT '',
    gid VARCHAR(128) NOT NULL DEFAULT '',
    price_cents BIGINT NOT NULL CHECK (price_cents >= 0),
    version BIGINT NOT NULL DEFAULT 1,
    created_at VARCHAR(40) NOT NULL,
    updated_at VARCHAR(40) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
  CREATE TABLE IF NOT EXISTS order_details (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    size_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    price_cents BIGINT NOT NULL CHECK (price_cents >= 0),
    UNIQUE KEY (order_id, product_id, size_id),
    FOREIGN KEY (order_id) REFERENCES orders (id)
  ) ENGINE=InnoDB)";

#define ORDER_COLUMNS                                                                      \
  "id, user_id, order_code, pay_status, ship_status, pay_error, trade_no, pay_time, gid, " \
  "price_cents, version, "                                                                 \
  "created_at, updated_at"
constexpr char kById[] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?";
constexpr char kByIdLocked[] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ? FOR UPDATE";
constexpr char kByCode[] = "SELECT " ORDER_COLUMNS " FROM orders WHERE order_code = ?";
constexpr char kPage[] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id > ? ORDER BY id LIMIT ?";
#undef ORDER_COLUMNS

Order ReadRow(const Rows& rows) {
  // The table's checks keep other numbers out.
  return {.id = rows.Int(0),
          .user_id = rows.Int(1),
          .code = rows.Text(2),
          .pay_status = static_cast<domain::PayStatus>(rows.Int(3)),
          .ship_status = static_cast<domain::ShipStatus>(rows.Int(4)),
          .pay_error = rows.Text(5),
          .trade_no = rows.Text(6),
          .pay_time = rows.Text(7),
          .gid = rows.Text(8),
          .price_cents = rows.Int(9),
          .version = rows.Int(10),
          .created_at = rows.Text(11),
          .updated_at = rows.Text(12)};
}

absl::StatusOr<std::vector<Order>> ReadOrders(absl::StatusOr<Rows> rows) {
  if (!rows.ok()) return rows.status();
  std::vector<Order> orders;
  for (;;) {
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return orders;
    orders.push_back(ReadRow(*rows));
  }
}

absl::Status ReadItems(Transaction& tx, Order& order) {
  absl::StatusOr<Rows> rows = tx.Query(
      "SELECT product_id, size_id, quantity, price_cents FROM order_details WHERE order_id = ? "
      "ORDER BY id",
      order.id);
  if (!rows.ok()) return rows.status();
  for (;;) {
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    order.items.push_back({rows->Int(0), rows->Int(1), rows->Int(2), rows->Int(3)});
  }
}

absl::StatusOr<std::optional<Order>> ReadOne(Transaction& tx, absl::StatusOr<Rows> rows) {
  absl::StatusOr<std::vector<Order>> orders = ReadOrders(std::move(rows));
  if (!orders.ok()) return orders.status();
  if (orders->empty()) return std::optional<Order>();
  if (absl::Status read = ReadItems(tx, orders->front()); !read.ok()) return read;
  return std::make_optional(std::move(orders->front()));
}

}  // namespace

absl::Status Prepare(sdk::Database& database) {
  const absl::Status made = database.Migrate(kService, {{kSqliteTables, kMysqlTables}});
  if (!made.ok()) return made;
  return sdk::CreateBarrierTable(database);
}

absl::Status Insert(Transaction& tx, Order& order, const std::string& now) {
  const absl::StatusOr<int64_t> inserted = tx.Execute(
      "INSERT INTO orders (user_id, order_code, pay_error, trade_no, price_cents, created_at, "
      "updated_at) VALUES (?, ?, '', '', ?, ?, ?)",
      order.user_id, order.code, order.price_cents, now, now);
  if (!inserted.ok()) return inserted.status();
  order.id = tx.LastInsertId();
  order.version = 1;
  order.created_at = order.updated_at = now;
  for (const Item& item : order.items) {
    const absl::StatusOr<int64_t> added = tx.Execute(
        "INSERT INTO order_details (order_id, product_id, size_id, quantity, price_cents) VALUES "
        "(?, ?, ?, ?, ?)",
        order.id, item.product_id, item.size_id, item.quantity, item.price_cents);
    if (!added.ok()) return added.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Order>> Find(Transaction& tx, int64_t id) {
  return ReadOne(tx, tx.Query(kById, id));
}

absl::StatusOr<std::optional<Order>> FindLocked(Transaction& tx, int64_t id) {
  // SQLite's write lock is the transaction's from its start.
  return ReadOne(tx, tx.Query(tx.In(kById, kByIdLocked), id));
}

absl::StatusOr<std::optional<Order>> FindByCode(Transaction& tx, const std::string& code) {
  return ReadOne(tx, tx.Query(kByCode, code));
}

absl::StatusOr<std::vector<Order>> List(Transaction& tx, int64_t after_id, int64_t limit) {
  absl::StatusOr<std::vector<Order>> orders = ReadOrders(tx.Query(kPage, after_id, limit));
  if (!orders.ok()) return orders.status();
  for (Order& order : *orders) {
    if (absl::Status read = ReadItems(tx, order); !read.ok()) return read;
  }
  return orders;
}

absl::StatusOr<bool> Update(Transaction& tx, const Order& before, const Order& after,
                            const std::string& now) {
  const absl::StatusOr<int64_t> changed = tx.Execute(
      "UPDATE orders SET pay_status = ?, ship_status = ?, pay_error = ?, trade_no = ?, "
      "pay_time = ?, gid = ?, version = version + 1, updated_at = ? "
      "WHERE id = ? AND version = ? AND pay_status = ?",
      static_cast<int64_t>(after.pay_status), static_cast<int64_t>(after.ship_status),
      after.pay_error, after.trade_no, after.pay_time, after.gid, now, before.id, before.version,
      static_cast<int64_t>(before.pay_status));
  if (!changed.ok()) return changed.status();
  return *changed == 1;
}

}  // namespace saga::participants::order::store
