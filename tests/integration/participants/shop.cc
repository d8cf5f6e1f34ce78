#include "tests/integration/participants/shop.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "participants/sdk/database.h"
#include "participants/sdk/http_client.h"

namespace saga::participants {

using nlohmann::json;

Participant::Participant(std::string name, std::string data_dir, std::vector<std::string> args)
    : name_(std::move(name)), data_dir_(std::move(data_dir)), args_(std::move(args)) {
  EXPECT_TRUE(Start()) << process_->Stderr();
}

bool Participant::Start() {
  std::vector<std::string> args = {"--data-dir",  data_dir_,       "--grpc-listen",
                                   "127.0.0.1:0", "--http-listen", "127.0.0.1:0"};
  args.insert(args.end(), args_.begin(), args_.end());
  process_ =
      std::make_unique<fixture::Process>(fixture::Process::Start({.program = name_, .args = args}));
  // The ready line and not the ports file: two processes on one directory would overwrite each
  // other's.
  if (!process_->WaitForStderr("\"msg\":\"ready\"", absl::Seconds(20))) return false;
  const std::string log = process_->Stderr();
  const size_t ready = log.find("\"msg\":\"ready\"");
  const size_t begin = log.rfind('\n', ready) + 1;
  const json line = json::parse(log.substr(begin, log.find('\n', ready) - begin), nullptr, false);
  if (line.is_discarded()) return false;
  grpc_ = line.value("grpc", "");
  http_ = line.value("http", "");
  return true;
}

absl::StatusOr<sdk::HttpResponse> Participant::TryPost(const std::string& method,
                                                       const std::string& body) {
  const std::string service = name_ == "order" ? "order.v1.Order" : "product.v1.Product";
  return sdk::CallHttp(absl::StrCat("http://", http_, "/", service, "/", method), body, {},
                       absl::Seconds(30));
}

json Participant::Post(const std::string& method, const json& body) {
  const absl::StatusOr<sdk::HttpResponse> response = TryPost(method, body.dump());
  if (!response.ok()) {
    ADD_FAILURE() << method << ": " << response.status();
    return json::object();
  }
  EXPECT_EQ(response->status, 200) << method << " " << body << ": " << response->body;
  return json::parse(response->body);
}

std::string JournalOf(const std::string& database, int64_t order_id) {
  std::vector<std::string> kinds;
  const auto opened = sdk::Database::Open(database, {});
  EXPECT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE((*opened)
                  ->Read([&](sdk::Transaction& tx) -> absl::Status {
                    absl::StatusOr<sdk::Rows> rows = tx.Query(
                        "SELECT kind FROM stock_journal WHERE order_id = ? ORDER BY id", order_id);
                    if (!rows.ok()) return rows.status();
                    for (;;) {
                      const absl::StatusOr<bool> found = rows->Next();
                      if (!found.ok()) return found.status();
                      if (!*found) return absl::OkStatus();
                      kinds.push_back(rows->Text(0));
                    }
                  })
                  .ok());
  return absl::StrJoin(kinds, " ");
}

Shop::Shop(const std::string& branches, std::vector<std::string> product_args)
    : product("product", dir.File("product"), std::move(product_args)), branches_(branches) {
  order = std::make_unique<Participant>("order", dir.File("order"), OrderArgs());
}

std::vector<std::string> Shop::OrderArgs() const {
  return {"--sagad",        sagad.address(), "--product-grpc", product.grpc(),
          "--product-http", product.http(),  "--branches",     branches_};
}

void Shop::SetStock(int64_t product_id, int64_t stock) {
  product.Post("SetStock", {{"product_id", product_id}, {"size_id", 1}, {"stock", stock}});
}

std::string Shop::Stock(int64_t product_id) {
  const json stock = product.Post("GetStock", {{"product_id", product_id}, {"size_id", 1}});
  return stock.value("stock", "?") + "/" + stock.value("frozen", "?");
}

int64_t Shop::CreateOrder(const std::string& code, const std::vector<int64_t>& product_ids,
                          int64_t quantity) {
  json items = json::array();
  for (const int64_t id : product_ids) {
    items.push_back(
        {{"product_id", id}, {"size_id", 1}, {"quantity", quantity}, {"price_cents", 100}});
  }
  const json created =
      order->Post("CreateOrder", {{"user_id", 1}, {"order_code", code}, {"items", items}});
  return std::stoll(created.value("order_id", "0"));
}

json Shop::Order(int64_t order_id) { return order->Post("GetOrder", {{"order_id", order_id}}); }

json Shop::Pay(const std::string& code, bool wait_result) {
  return order->Post("PayNotify", {{"out_trade_no", code},
                                   {"trade_no", "T-" + code},
                                   {"status_code", "0000"},
                                   {"wait_result", wait_result}});
}

std::string Shop::Journal(int64_t order_id) {
  return JournalOf(dir.File("product/product.db"), order_id);
}

}  // namespace saga::participants
