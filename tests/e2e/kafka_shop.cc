#include "tests/e2e/kafka_shop.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::e2e {

namespace {

constexpr int64_t kProduct = 7;

std::string FreeAddress() { return absl::StrCat("127.0.0.1:", fixture::FreePort()); }

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

KafkaShop::KafkaShop(const KafkaShopOptions& options)
    : id(fixture::UniqueName("shop")),
      command_topic(absl::StrCat("saga.cmd.product.", id)),
      reply_topic(absl::StrCat("saga.reply.", id)),
      event_topic(absl::StrCat("saga.events.", id)),
      dead_letter_topic(absl::StrCat("saga.dlq.", id)),
      sagad_grpc_(FreeAddress()),
      product_grpc_(FreeAddress()),
      gate(product_grpc_),
      shop(ShopOptions(options)) {
  shop.SetStock(kProduct, 100'000);
}

PurchaseShopOptions KafkaShop::ShopOptions(const KafkaShopOptions& options) const {
  PurchaseShopOptions shop;
  shop.branches = options.branches;
  shop.sagad_grpc = sagad_grpc_;
  shop.product_grpc = gate.address();
  shop.sagad_args = {"--kafka-brokers", options.broker, "--kafka-group", id, "--kafka-reply-topic",
                     reply_topic, "--kafka-dead-letter-topic", dead_letter_topic,
                     // Quick enough for a test to see several rounds.
                     "--engine-retry-interval", "2s", "--engine-request-timeout", "1s",
                     "--fallback-reply-timeout", "5s"};
  if (options.events) Append(shop.sagad_args, {"--kafka-event-topic", event_topic});
  Append(shop.sagad_args, options.sagad_args);
  shop.product_args = {"--grpc-listen",   product_grpc_,
                       "--advertise",     gate.address(),
                       "--orchestrator",  sagad_grpc_,
                       "--kafka",         options.broker,
                       "--kafka-group",   absl::StrCat("product-", id),
                       "--command-topic", command_topic};
  shop.order_args = {"--orchestrator",  sagad_grpc_,
                     "--kafka",         options.broker,
                     "--kafka-group",   absl::StrCat("order-", id),
                     "--command-topic", absl::StrCat("saga.cmd.order.", id)};
  return shop;
}

void KafkaShop::Buy(const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string code = absl::StrCat(prefix, "-", i);
    shop.CreateOrder(code, kProduct, 1);
    EXPECT_NE(shop.NotifyUntilTaken(code, false), nullptr) << code;
  }
}

bool KafkaShop::AllSucceed(int count) {
  std::map<std::string, int> last;
  const bool all = fixture::WaitUntil(absl::Seconds(90), [&] {
    last = shop.Transactions();
    return last.size() == 1 && last["succeed"] == count;
  });
  for (const auto& [status, number] : last) {
    if (!all) ADD_FAILURE() << number << " transactions are " << status;
  }
  return all;
}

}  // namespace saga::e2e
