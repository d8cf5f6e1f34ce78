#include "participants/product/store/stock_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "participants/sdk/barrier.h"

namespace saga::participants::product::store {
namespace {

using domain::Kind;
using domain::Line;
using sdk::Outcome;
using sdk::Rows;
using sdk::Transaction;

constexpr char kService[] = "product";
constexpr char kSqliteTables[] = R"(
  CREATE TABLE product_stock (
    product_id INTEGER NOT NULL,
    size_id INTEGER NOT NULL,
    stock INTEGER NOT NULL CHECK (stock >= 0),
    frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen >= 0),
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (product_id, size_id),
    CHECK (frozen <= stock)
  );
  CREATE TABLE stock_journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('deduct', 'restore', 'freeze', 'confirm', 'thaw')),
    gid TEXT NOT NULL,
    items TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (order_id, kind)
  ))";
constexpr char kMysqlTables[] = R"(
  CREATE TABLE IF NOT EXISTS product_stock (
    product_id BIGINT NOT NULL,
    size_id BIGINT NOT NULL,
    stock BIGINT NOT NULL CHECK (stock >= 0),
    frozen BIGINT NOT NULL DEFAULT 0 CHECK (frozen >= 0),
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (product_id, size_id),
    CHECK (frozen <= stock)
  ) ENGINE=InnoDB;
  -- A row for each order whose stock was ever touched: locking it makes changes of one order follow
  -- each other.
  CREATE TABLE IF NOT EXISTS stock_order (
    order_id BIGINT NOT NULL PRIMARY KEY,
    changes BIGINT NOT NULL
  ) ENGINE=InnoDB;
  CREATE TABLE IF NOT EXISTS stock_journal (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('deduct', 'restore', 'freeze', 'confirm', 'thaw')),
    gid VARCHAR(128) NOT NULL,
    items MEDIUMTEXT NOT NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY (order_id, kind)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)";

// What a kind changes: this many times the quantity.
struct Effect {
  int64_t stock = 0;
  int64_t frozen = 0;
};

Effect EffectOf(Kind kind) {
  switch (kind) {
    case Kind::kDeduct:
      return {.stock = -1};
    case Kind::kRestore:
      return {.stock = 1};
    case Kind::kFreeze:
      return {.frozen = 1};
    case Kind::kConfirm:
      return {.stock = -1, .frozen = -1};
    case Kind::kThaw:
      return {.frozen = -1};
  }
  return {};
}

// The rows changed: 0 when there are not as many free or frozen pieces as it takes.
absl::StatusOr<int64_t> ChangeRow(Transaction& tx, Kind kind, const Line& line) {
  const Effect effect = EffectOf(kind);
  const int64_t stock = effect.stock * line.quantity;
  const int64_t frozen = effect.frozen * line.quantity;
  return tx.Execute(
      "UPDATE product_stock SET stock = stock + ?, frozen = frozen + ?, version = version + 1 "
      "WHERE product_id = ? AND size_id = ? AND frozen + ? >= 0 AND stock - frozen + ? >= 0",
      stock, frozen, line.product_id, line.size_id, frozen, stock - frozen);
}

// Why a conditional change met no row.
Outcome WhyNot(Transaction& tx, Kind kind, const Line& line) {
  const absl::StatusOr<std::optional<Stock>> stock = GetStock(tx, line.product_id, line.size_id);
  if (!stock.ok()) return Outcome::From(stock.status());
  if (!stock->has_value()) return Outcome::FailedForGood(domain::UnknownProduct(line));
  switch (kind) {
    case Kind::kDeduct:
    case Kind::kFreeze:
      return Outcome::FailedForGood(domain::OutOfStock(line, (*stock)->stock - (*stock)->frozen));
    case Kind::kRestore:
    case Kind::kConfirm:
    case Kind::kThaw:
      // The journal says it was taken, the row says it cannot have been.
      return Outcome::Unknown(absl::StrCat(domain::Name(kind),
                                           ": stock and journal disagree about product ",
                                           line.product_id, " size ", line.size_id));
  }
  return Outcome::Unknown("unknown kind");
}

Stock ReadRow(const Rows& rows) {
  return {.product_id = rows.Int(0),
          .size_id = rows.Int(1),
          .stock = rows.Int(2),
          .frozen = rows.Int(3),
          .version = rows.Int(4)};
}

}  // namespace

absl::Status Prepare(sdk::Database& database) {
  const absl::Status made = database.Migrate(kService, {{kSqliteTables, kMysqlTables}});
  if (!made.ok()) return made;
  return sdk::CreateBarrierTable(database);
}

absl::Status SetStock(Transaction& tx, int64_t product_id, int64_t size_id, int64_t stock) {
  const auto change = [&]() {
    return tx.Execute(
        "UPDATE product_stock SET stock = ?, version = version + 1 "
        "WHERE product_id = ? AND size_id = ? AND frozen <= ?",
        stock, product_id, size_id, stock);
  };
  absl::StatusOr<int64_t> changed = change();
  if (!changed.ok() || *changed == 1) return changed.status();
  const absl::Status added =
      tx.Execute("INSERT INTO product_stock (product_id, size_id, stock) VALUES (?, ?, ?)",
                 product_id, size_id, stock)
          .status();
  if (!absl::IsAlreadyExists(added)) return added;
  // Too many are frozen, or somebody else has just added it.
  changed = change();
  if (!changed.ok() || *changed == 1) return changed.status();
  return absl::FailedPreconditionError(absl::StrCat("product ", product_id, " size ", size_id,
                                                    ": more than ", stock, " pieces are frozen"));
}

absl::StatusOr<std::optional<Stock>> GetStock(Transaction& tx, int64_t product_id,
                                              int64_t size_id) {
  absl::StatusOr<Rows> rows = tx.Query(
      "SELECT product_id, size_id, stock, frozen, version FROM product_stock WHERE product_id = ? "
      "AND size_id = ?",
      product_id, size_id);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<bool> found = rows->Next();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<Stock>();
  return std::optional<Stock>(ReadRow(*rows));
}

absl::StatusOr<std::vector<Stock>> ListStock(Transaction& tx) {
  absl::StatusOr<Rows> rows = tx.Query(
      "SELECT product_id, size_id, stock, frozen, version FROM product_stock ORDER BY product_id, "
      "size_id");
  if (!rows.ok()) return rows.status();
  std::vector<Stock> stocks;
  for (;;) {
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return stocks;
    stocks.push_back(ReadRow(*rows));
  }
}

absl::Status LockOrder(Transaction& tx, int64_t order_id) {
  // SQLite's write lock is the transaction's from its start.
  if (tx.dialect() == sdk::Dialect::kSqlite) return absl::OkStatus();
  // A change, not only a lock: the nodes of a cluster agree about changes.
  return tx
      .Execute(
          "INSERT INTO stock_order (order_id, changes) VALUES (?, 1) "
          "ON DUPLICATE KEY UPDATE changes = changes + 1",
          order_id)
      .status();
}

absl::StatusOr<std::vector<domain::JournalEntry>> ReadJournal(Transaction& tx, int64_t order_id) {
  absl::StatusOr<Rows> rows = tx.Query(
      "SELECT kind, gid, items FROM stock_journal WHERE order_id = ? ORDER BY id", order_id);
  if (!rows.ok()) return rows.status();
  std::vector<domain::JournalEntry> journal;
  for (;;) {
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return journal;
    const absl::StatusOr<Kind> kind = domain::KindOf(rows->Text(0));
    if (!kind.ok()) return kind.status();
    absl::StatusOr<std::vector<Line>> lines = domain::ParseLines(rows->Text(2));
    if (!lines.ok()) return lines.status();
    journal.push_back({*kind, rows->Text(1), *std::move(lines)});
  }
}

Outcome Apply(Transaction& tx, Kind kind, int64_t order_id, const std::string& gid,
              const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    const absl::StatusOr<int64_t> changed = ChangeRow(tx, kind, line);
    if (!changed.ok()) return Outcome::From(changed.status());
    if (*changed != 1) return WhyNot(tx, kind, line);
  }
  return Outcome::From(
      tx.Execute("INSERT INTO stock_journal (order_id, kind, gid, items) VALUES (?, ?, ?, ?)",
                 order_id, domain::Name(kind), gid, domain::FormatLines(lines))
          .status());
}

}  // namespace saga::participants::product::store
