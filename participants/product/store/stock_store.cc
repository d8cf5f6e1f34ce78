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

constexpr int kSchemaVersion = 1;
constexpr char kSchema[] = R"(
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

// The statement of each kind: what changes, and what must hold for it.
constexpr char kDeduct[] =
    "UPDATE product_stock SET stock = stock - ?1, version = version + 1 "
    "WHERE product_id = ?2 AND size_id = ?3 AND stock - frozen >= ?1";
constexpr char kRestore[] =
    "UPDATE product_stock SET stock = stock + ?1, version = version + 1 WHERE product_id = ?2 AND "
    "size_id = ?3";
constexpr char kFreeze[] =
    "UPDATE product_stock SET frozen = frozen + ?1, version = version + 1 "
    "WHERE product_id = ?2 AND size_id = ?3 AND stock - frozen >= ?1";
constexpr char kConfirm[] =
    "UPDATE product_stock SET stock = stock - ?1, frozen = frozen - ?1, version = version + 1 "
    "WHERE product_id = ?2 AND size_id = ?3 AND frozen >= ?1";
constexpr char kThaw[] =
    "UPDATE product_stock SET frozen = frozen - ?1, version = version + 1 "
    "WHERE product_id = ?2 AND size_id = ?3 AND frozen >= ?1";

const char* StatementOf(Kind kind) {
  switch (kind) {
    case Kind::kDeduct:
      return kDeduct;
    case Kind::kRestore:
      return kRestore;
    case Kind::kFreeze:
      return kFreeze;
    case Kind::kConfirm:
      return kConfirm;
    case Kind::kThaw:
      return kThaw;
  }
  return "";
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
  if (absl::Status made = database.EnsureSchema(kSchemaVersion, kSchema); !made.ok()) return made;
  return sdk::CreateBarrierTable(database);
}

absl::Status SetStock(Transaction& tx, int64_t product_id, int64_t size_id, int64_t stock) {
  const absl::StatusOr<int64_t> changed = tx.Execute(
      "INSERT INTO product_stock (product_id, size_id, stock) VALUES (?, ?, ?) "
      "ON CONFLICT (product_id, size_id) DO UPDATE SET stock = excluded.stock, version = version + "
      "1 "
      "WHERE excluded.stock >= frozen",
      product_id, size_id, stock);
  if (!changed.ok()) return changed.status();
  if (*changed == 1) return absl::OkStatus();
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
    const absl::StatusOr<int64_t> changed =
        tx.Execute(StatementOf(kind), line.quantity, line.product_id, line.size_id);
    if (!changed.ok()) return Outcome::From(changed.status());
    if (*changed != 1) return WhyNot(tx, kind, line);
  }
  return Outcome::From(
      tx.Execute("INSERT INTO stock_journal (order_id, kind, gid, items) VALUES (?, ?, ?, ?)",
                 order_id, domain::Name(kind), gid, domain::FormatLines(lines))
          .status());
}

}  // namespace saga::participants::product::store
