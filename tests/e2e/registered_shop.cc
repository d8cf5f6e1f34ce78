#include "tests/e2e/registered_shop.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::e2e {

namespace {

constexpr int64_t kProduct = 7;

std::vector<std::string> ServiceArgs(const std::string& sagad_grpc, int delay_ms) {
  return {"--orchestrator", sagad_grpc, "--lease-s", "2", "--delay-ms", absl::StrCat(delay_ms)};
}

PurchaseShopOptions ShopOptions(const std::string& sagad_grpc, int delay_ms) {
  PurchaseShopOptions options;
  options.branches = "registered";
  options.sagad_grpc = sagad_grpc;
  options.sagad_args = {"--engine-request-timeout", "1s", "--engine-retry-interval", "2s"};
  options.product_args = ServiceArgs(sagad_grpc, delay_ms);
  options.order_args = ServiceArgs(sagad_grpc, 0);
  return options;
}

}  // namespace

RegisteredShop::RegisteredShop(int delay_ms)
    : sagad_grpc_(absl::StrCat("127.0.0.1:", fixture::FreePort())),
      shop(ShopOptions(sagad_grpc_, delay_ms)),
      twin("product", shop.dir.File("product"), ServiceArgs(sagad_grpc_, delay_ms)) {
  EXPECT_TRUE(WaitForStates("live", "live"));
  shop.SetStock(kProduct, 1000);
}

std::map<std::string, v1::Instance> RegisteredShop::Products() {
  const auto stub =
      v1::Registry::NewStub(grpc::CreateChannel(sagad_grpc_, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
  v1::ListParticipantsRequest request;
  request.set_participant("product");
  v1::ListParticipantsReply reply;
  std::map<std::string, v1::Instance> instances;
  if (!stub->ListParticipants(&context, request, &reply).ok()) return instances;
  for (const v1::Participant& participant : reply.participants()) {
    for (const v1::Instance& instance : participant.instances())
      instances[instance.instance()] = instance;
  }
  return instances;
}

bool RegisteredShop::WaitForStates(const std::string& first, const std::string& second) {
  return fixture::WaitUntil(absl::Seconds(20), [&] {
    return State(shop.product.grpc()) == first && State(twin.grpc()) == second;
  });
}

std::string RegisteredShop::Buy(const std::string& code) {
  shop.CreateOrder(code, kProduct, 1);
  const nlohmann::json answer = shop.NotifyUntilTaken(code, true);
  return answer.is_object() ? answer.value("result", "") : "not taken";
}

}  // namespace saga::e2e
