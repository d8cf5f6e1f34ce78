#include "tests/e2e/purchase_shop.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/fixture/http_get.h"

namespace saga::e2e {

using nlohmann::json;
using participants::Participant;

namespace {

constexpr absl::Duration kEnd = absl::Seconds(30);

int64_t Number(const json& object, const char* name) {
  int64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(object.value(name, ""), &number)) << name << " in " << object;
  return number;
}

// The answer's body; null when there was none, or an error.
json Taken(const absl::StatusOr<participants::sdk::HttpResponse>& response) {
  if (!response.ok() || response->status != 200) return nullptr;
  return json::parse(response->body, nullptr, /*allow_exceptions=*/false);
}

fixture::SagadOptions SagadOn(const std::string& data_dir, const PurchaseShopOptions& options) {
  // order is told where sagad is once: the port stays over restarts.
  return {.data_dir = data_dir,
          .args = options.sagad_args,
          .grpc_listen = options.sagad_grpc.empty()
                             ? absl::StrCat("127.0.0.1:", fixture::FreePort())
                             : options.sagad_grpc};
}

}  // namespace

PurchaseShop::PurchaseShop(const PurchaseShopOptions& how)
    : options(how),
      sagad(SagadOn(dir.File("sagad"), options)),
      product("product", dir.File("product"), ProductArgs()) {
  EXPECT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  order = std::make_unique<Participant>("order", dir.File("order"), OrderArgs());
}

std::vector<std::string> PurchaseShop::ProductArgs() const {
  std::vector<std::string> args = options.product_args;
  if (!options.database.empty()) args.insert(args.end(), {"--database", options.database});
  return args;
}

std::vector<std::string> PurchaseShop::OrderArgs() {
  std::vector<std::string> args = {
      "--sagad",        sagad.options().grpc_listen,
      "--product-grpc", options.product_grpc.empty() ? product.grpc() : options.product_grpc,
      "--product-http", product.http(),
      "--branches",     options.branches};
  args.insert(args.end(), options.order_args.begin(), options.order_args.end());
  if (!options.database.empty()) args.insert(args.end(), {"--database", options.database});
  return args;
}

void PurchaseShop::RestartSagad(const std::string& crash_point) {
  if (sagad.process().Running()) {
    EXPECT_EQ(sagad.Stop(), 0);
  }
  sagad.options().env.clear();
  if (!crash_point.empty()) sagad.options().env["SAGAD_CRASH_POINT"] = crash_point;
  sagad.Start();
  EXPECT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
}

Participant PurchaseShop::MoreOrder() {
  return Participant("order", dir.File("order"), OrderArgs());
}

void PurchaseShop::SetStock(int64_t product_id, int64_t pieces) {
  product.Post("SetStock", {{"product_id", product_id}, {"size_id", 1}, {"stock", pieces}});
}

std::string PurchaseShop::Stock(int64_t product_id) {
  const json stock = product.Post("GetStock", {{"product_id", product_id}, {"size_id", 1}});
  return absl::StrCat(Number(stock, "stock"), "/", Number(stock, "frozen"));
}

int64_t PurchaseShop::CreateOrder(const std::string& code, int64_t product_id, int64_t quantity) {
  const json item = {
      {"product_id", product_id}, {"size_id", 1}, {"quantity", quantity}, {"price_cents", 250}};
  return Number(order->Post("CreateOrder",
                            {{"user_id", 1}, {"order_code", code}, {"items", json::array({item})}}),
                "order_id");
}

json PurchaseShop::Order(int64_t order_id) {
  return order->Post("GetOrder", {{"order_id", order_id}});
}

std::vector<json> PurchaseShop::Orders() {
  const json answer = order->Post("ListOrders", {{"limit", 1000}});
  return answer.value("orders", std::vector<json>());
}

json PurchaseShop::Notify(Participant& at, const std::string& code, bool wait_result) {
  const json callback = {{"out_trade_no", code},
                         {"trade_no", "T-" + code},
                         {"status_code", "0000"},
                         {"wait_result", wait_result}};
  return Taken(at.TryPost("PayNotify", callback.dump()));
}

json PurchaseShop::NotifyUntilTaken(const std::string& code, bool wait_result) {
  json answer;
  fixture::WaitUntil(kEnd, [&] { return (answer = Notify(*order, code, wait_result)) != nullptr; });
  return answer;
}

json PurchaseShop::Reserve(int64_t order_id, bool cancel) {
  const json request = {{"order_id", order_id}, {"cancel", cancel}, {"wait_result", true}};
  return Taken(order->TryPost("Reserve", request.dump()));
}

std::string PurchaseShop::Imbalance(int64_t product_id, int64_t initial) {
  int64_t sold = 0;
  std::string problems;
  for (const json& each : Orders()) {
    const std::string status = each.value("pay_status", "?");
    if (status != "PAY_STATUS_PAID" && status != "PAY_STATUS_FAILED") {
      absl::StrAppend(&problems, "order ", each.value("order_code", "?"), " is ", status, "; ");
    }
    for (const json& item : each["items"]) {
      const bool mine = status == "PAY_STATUS_PAID" && Number(item, "product_id") == product_id;
      if (mine) sold += Number(item, "quantity");
    }
  }
  const std::string expected = absl::StrCat(initial - sold, "/0");
  if (Stock(product_id) != expected) {
    absl::StrAppend(&problems, "product ", product_id, " is ", Stock(product_id), " and not ",
                    expected, ", after ", sold, " of ", initial, " sold");
  }
  return problems;
}

std::string PurchaseShop::Journal(int64_t order_id) {
  return participants::JournalOf(
      options.database.empty() ? dir.File("product/product.db") : options.database, order_id);
}

std::map<std::string, int> PurchaseShop::Transactions() {
  std::map<std::string, int> counts;
  std::string position;
  do {
    const json page = json::parse(
        fixture::HttpGet(sagad.http_address(), "/api/dtmsvr/all?limit=100&position=" + position)
            .body,
        nullptr, /*allow_exceptions=*/false);
    if (!page.is_object()) return {};
    for (const json& each : page.value("transactions", json::array()))
      ++counts[each.value("status", "?")];
    position = page.value("next_position", "");
  } while (!position.empty());
  return counts;
}

int PurchaseShop::Metric(const std::string& series) {
  const std::string text = fixture::HttpGet(sagad.http_address(), "/api/metrics").body;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int value = 0;
    if (absl::ConsumePrefix(&line, series + " ") && absl::SimpleAtoi(line, &value)) return value;
  }
  return 0;
}

}  // namespace saga::e2e
