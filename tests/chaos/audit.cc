#include "tests/chaos/audit.h"

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"

namespace saga::chaos {
namespace {

using nlohmann::json;

// What one order has to look like everywhere.
void AuditOrder(Cluster& cluster, const Purchase& purchase,
                const std::map<std::string, std::string>& statuses, Verdict& verdict) {
  const std::string gid = absl::StrCat("order_paid-", purchase.code);
  const json order = cluster.orders[0]->Post("GetOrder", {{"order_id", purchase.order_id}});
  const std::string pay = order.value("pay_status", "?");
  const bool paid = pay == "PAY_STATUS_PAID";
  ++(paid ? verdict.paid : verdict.undone);
  const auto found = statuses.find(gid);
  const std::string status = found == statuses.end() ? "not there" : found->second;
  const std::string journal = cluster.JournalOf(purchase.order_id);
  const bool fits = paid ? status == "succeed" && journal == "deduct"
                         : pay == "PAY_STATUS_FAILED" && status == "failed" &&
                               (journal.empty() || journal == "deduct restore");
  if (!fits) {
    verdict.findings.push_back(absl::StrCat(gid, " is ", status, ", the order is ", pay,
                                            ", the journal has \"", journal, "\""));
  }
}

void AuditStock(Cluster& cluster, int64_t product, int64_t sold, int64_t stock, Verdict& verdict) {
  const json held = cluster.product->Post("GetStock", {{"product_id", product}, {"size_id", 1}});
  const std::string had = absl::StrCat(held.value("stock", "0"), "/", held.value("frozen", "0"));
  const std::string want = absl::StrCat(stock - sold, "/0");
  if (had != want) {
    verdict.findings.push_back(absl::StrCat("product ", product, " has ", had, ", not ", want,
                                            ", after ", sold, " of ", stock, " were sold"));
  }
}

}  // namespace

std::map<std::string, std::string> Transactions(const std::string& http_address) {
  std::map<std::string, std::string> statuses;
  std::string position;
  do {
    const std::string path = "/api/dtmsvr/all?limit=500&position=" + position;
    const json page = json::parse(fixture::HttpGet(http_address, path).body, nullptr,
                                  /*allow_exceptions=*/false);
    if (!page.is_object() || !page.contains("next_position")) return {};
    if (page["transactions"].is_array()) {
      for (const json& each : page["transactions"]) {
        statuses[each.value("gid", "?")] = each.value("status", "?");
      }
    }
    position = page.value("next_position", "");
  } while (!position.empty());
  return statuses;
}

bool WaitForEnds(Cluster& cluster, absl::Duration timeout) {
  return fixture::WaitUntil(timeout, [&] {
    for (int i = 0; i < cluster.nodes(); ++i) {
      const auto statuses = Transactions(cluster.sagad(i).http_address());
      if (statuses.empty()) return false;
      for (const auto& [gid, status] : statuses) {
        if (status != "succeed" && status != "failed") return false;
      }
    }
    return true;
  });
}

Verdict Audit(Cluster& cluster, const std::vector<Purchase>& purchases, int products,
              int64_t stock) {
  Verdict verdict;
  const auto statuses = Transactions(cluster.sagad(0).http_address());
  for (int i = 1; i < cluster.nodes(); ++i) {
    if (Transactions(cluster.sagad(i).http_address()) != statuses) {
      verdict.findings.push_back(absl::StrCat("node ", i, " lists others than node 0"));
    }
  }
  if (statuses.size() != purchases.size()) {
    verdict.findings.push_back(
        absl::StrCat(statuses.size(), " transactions of ", purchases.size(), " purchases"));
  }
  std::map<int64_t, int64_t> sold;
  for (const Purchase& purchase : purchases) {
    const int paid = verdict.paid;
    AuditOrder(cluster, purchase, statuses, verdict);
    if (verdict.paid > paid) sold[purchase.product_id] += purchase.quantity;
  }
  for (int product = 1; product <= products; ++product) {
    AuditStock(cluster, product, sold[product], stock, verdict);
  }
  const std::string broken = cluster.VerifyStore();
  if (!broken.empty()) verdict.findings.push_back("sagad verify: " + broken);
  return verdict;
}

}  // namespace saga::chaos
