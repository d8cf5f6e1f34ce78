#include "participants/product/handler/service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "participants/product/store/stock_store.h"
#include "participants/sdk/barrier.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::product::handler {
namespace {

using sdk::Outcome;
using sdk::Transaction;

::product::v1::Stock ToProto(const store::Stock& stock) {
  ::product::v1::Stock proto;
  proto.set_product_id(stock.product_id);
  proto.set_size_id(stock.size_id);
  proto.set_stock(stock.stock);
  proto.set_frozen(stock.frozen);
  proto.set_version(stock.version);
  return proto;
}

domain::Change FromProto(const ::product::v1::StockChange& proto) {
  domain::Change change{.order_id = proto.order_id()};
  change.lines.reserve(proto.items_size());
  for (const auto& item : proto.items())
    change.lines.push_back({item.product_id(), item.size_id(), item.quantity()});
  return change;
}

absl::Status ReadStock(Transaction& tx, int64_t product_id, int64_t size_id,
                       ::product::v1::Stock& result) {
  const absl::StatusOr<std::optional<store::Stock>> stock =
      store::GetStock(tx, product_id, size_id);
  if (!stock.ok()) return stock.status();
  if (!stock->has_value())
    return absl::NotFoundError(absl::StrCat("no product ", product_id, " size ", size_id));
  result = ToProto(**stock);
  return absl::OkStatus();
}

Outcome Change(Transaction& tx, domain::Kind kind, const domain::Change& change,
               const std::string& gid) {
  if (const absl::Status locked = store::LockOrder(tx, change.order_id); !locked.ok())
    return Outcome::From(locked);
  const absl::StatusOr<std::vector<domain::JournalEntry>> journal =
      store::ReadJournal(tx, change.order_id);
  if (!journal.ok()) return Outcome::From(journal.status());
  const domain::Ruling ruling = domain::Decide(kind, change, gid, *journal);
  switch (ruling.verdict) {
    case domain::Ruling::Verdict::kApply:
      return store::Apply(tx, kind, change.order_id, gid, ruling.lines);
    case domain::Ruling::Verdict::kNothingToDo:
      return Outcome::Done();
    case domain::Ruling::Verdict::kRefuse:
      return ruling.refusal;
  }
  return Outcome::Unknown("no ruling");
}

}  // namespace

absl::StatusOr<::product::v1::Stock> ProductService::SetStock(
    const ::product::v1::SetStockRequest& request) {
  if (request.product_id() < 1 || request.size_id() < 0) {
    return absl::InvalidArgumentError("product_id must be at least 1 and size_id at least 0");
  }
  if (request.stock() < 0 || request.stock() > domain::kMaxPieces) {
    return absl::InvalidArgumentError(
        absl::StrCat("stock is ", request.stock(), ", not 0 to ", domain::kMaxPieces));
  }
  ::product::v1::Stock result;
  const absl::Status done = database_.Write([&](Transaction& tx) -> absl::Status {
    const absl::Status set =
        store::SetStock(tx, request.product_id(), request.size_id(), request.stock());
    return set.ok() ? ReadStock(tx, request.product_id(), request.size_id(), result) : set;
  });
  if (!done.ok()) return done;
  return result;
}

absl::StatusOr<::product::v1::Stock> ProductService::GetStock(
    const ::product::v1::GetStockRequest& request) {
  ::product::v1::Stock result;
  const absl::Status done = database_.Read([&](Transaction& tx) {
    return ReadStock(tx, request.product_id(), request.size_id(), result);
  });
  if (!done.ok()) return done;
  return result;
}

absl::StatusOr<::product::v1::ListStockResponse> ProductService::ListStock(
    const ::product::v1::ListStockRequest&) {
  ::product::v1::ListStockResponse response;
  const absl::Status done = database_.Read([&](Transaction& tx) -> absl::Status {
    const absl::StatusOr<std::vector<store::Stock>> stocks = store::ListStock(tx);
    if (!stocks.ok()) return stocks.status();
    for (const store::Stock& stock : *stocks) *response.add_stocks() = ToProto(stock);
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return response;
}

Outcome ProductService::ChangeStock(domain::Kind kind, const sdk::BranchContext& branch,
                                    const ::product::v1::StockChange& request) {
  absl::SleepFor(options_.delay);
  domain::Change change = FromProto(request);
  // Checked behind the barrier: the undo of a change that was refused for its content carries the
  // same content, and has to find that there is nothing to undo.
  const sdk::BarrierResult result = sdk::Barrier(branch).Call(database_, [&](Transaction& tx) {
    const Outcome arranged = domain::Arrange(change);
    return arranged.ok() ? Change(tx, kind, change, branch.gid) : arranged;
  });
  sdk::LogLine(result.outcome.ok() ? sdk::LogLevel::kInfo : sdk::LogLevel::kWarning, "branch")
      .Branch(branch)
      .Set("order_id", change.order_id)
      .Set("change", domain::Name(kind))
      .Set("outcome", sdk::Name(result.outcome.kind()))
      .Set("barrier", sdk::Name(result.verdict))
      .Set("reason", result.outcome.reason());
  return result.outcome;
}

}  // namespace saga::participants::product::handler
