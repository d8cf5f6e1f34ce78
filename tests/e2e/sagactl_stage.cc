#include "tests/e2e/sagactl_stage.h"

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace saga::e2e {

using nlohmann::json;

namespace {

std::vector<std::string> Arguments(const std::vector<std::string>& more) {
  std::vector<std::string> args = {"--store", "memory", "--definitions",
                                   fixture::SourceDir() + "/sagas"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

}  // namespace

SagactlStage::SagactlStage(const std::vector<std::string>& args)
    : order_address(absl::StrCat("127.0.0.1:", fixture::FreePort())),
      product("product", dir.File("product"), {}),
      sagad({.data_dir = dir.File("sagad"),
             .args = Arguments(args),
             .env = {{"ORDER_GRPC", order_address}, {"PRODUCT_GRPC", product.grpc()}}}) {
  EXPECT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
}

std::map<std::string, std::string> SagactlStage::Environment() const {
  return {{"SAGACTL_SERVER", sagad.grpc_address()}};
}

fixture::Finished SagactlStage::Ctl(const std::vector<std::string>& args) {
  return fixture::Run({.program = "sagactl", .args = args, .env = Environment()});
}

fixture::Process SagactlStage::StartCtl(const std::vector<std::string>& args) {
  return fixture::Process::Start({.program = "sagactl", .args = args, .env = Environment()});
}

json SagactlStage::Json(std::vector<std::string> args) {
  args.insert(args.end(), {"-o", "json"});
  const fixture::Finished done = Ctl(args);
  EXPECT_EQ(done.exit_code, 0) << done.err;
  return json::parse(done.out, nullptr, /*allow_exceptions=*/false);
}

std::string SagactlStage::Input(const std::string& order_code, int order_id, int quantity) {
  const json item = {{"product_id", 7}, {"size_id", 1}, {"quantity", quantity}};
  const json input = {{"order_id", order_id},
                      {"order_code", order_code},
                      {"trade_no", "T-1"},
                      {"items", json::array({item})}};
  const std::string path = dir.File(order_code + ".json");
  fixture::WriteFile(path, input.dump());
  return path;
}

std::string SagactlStage::SubmitWaiting(const std::string& order_code) {
  const json started = Json({"submit", "order_paid", "--input", Input(order_code, 1, 1)});
  return started.value("gid", "");
}

void SagactlStage::SetStock(int pieces) {
  product.Post("SetStock", {{"product_id", 7}, {"size_id", 1}, {"stock", pieces}});
}

int SagactlStage::Stock() {
  const json stock = product.Post("GetStock", {{"product_id", 7}, {"size_id", 1}});
  int pieces = 0;
  // protobuf's JSON leaves out what is 0.
  EXPECT_TRUE(absl::SimpleAtoi(stock.value("stock", "0"), &pieces)) << stock;
  return pieces;
}

}  // namespace saga::e2e
