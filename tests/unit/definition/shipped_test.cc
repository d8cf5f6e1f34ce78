// The definitions that ship, and the schema that goes with them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "orchestrator/adapter/yaml/definition_loader.h"
#include "orchestrator/adapter/yaml/definition_reader.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

std::string SagasFolder() {
  const char* source = std::getenv("SAGA_SOURCE");
  return std::string(source == nullptr ? "." : source) + "/sagas";
}

LoadedFolder Shipped() {
  return LoadDefinitions(SagasFolder(), [](const std::string&) { return std::nullopt; });
}

const port::LoadedDefinition& Find(const LoadedFolder& loaded, const std::string& name) {
  const auto found = std::find_if(loaded.definitions.begin(), loaded.definitions.end(),
                                  [&](const auto& one) { return one.definition.name == name; });
  EXPECT_NE(found, loaded.definitions.end()) << name;
  return *found;
}

constexpr char kOrder[] = R"({"order_id": 42, "order_code": "A-42", "trade_no": "T-1",
                             "items": [{"product_id": 7, "size_id": 1, "quantity": 2}]})";

TEST(ShippedTest, AllLoad) {
  const LoadedFolder loaded = Shipped();
  EXPECT_THAT(loaded.problems, IsEmpty());
  std::vector<std::string> names;
  for (const port::LoadedDefinition& one : loaded.definitions) names.push_back(one.definition.name);
  EXPECT_THAT(names, UnorderedElementsAre("order_paid", "order_paid_http", "order_paid_registered",
                                          "reserve_stock"));
}

TEST(ShippedTest, TheGidIsTheOneTheOrderServiceUses) {
  const LoadedFolder loaded = Shipped();
  EXPECT_EQ(Find(loaded, "order_paid").mapping->Apply(kOrder, true)->gid, "order_paid-A-42");
  EXPECT_EQ(Find(loaded, "order_paid_http").mapping->Apply(kOrder, true)->gid, "order_paid-A-42");
  EXPECT_EQ(Find(loaded, "order_paid_registered").mapping->Apply(kOrder, true)->gid,
            "order_paid-A-42");
  EXPECT_EQ(Find(loaded, "reserve_stock").mapping->Apply(kOrder, true)->gid, "reserve_stock-A-42");
}

TEST(ShippedTest, PayloadsComeOutAsTheParticipantsExpectThem) {
  const LoadedFolder loaded = Shipped();
  const auto grpc = Find(loaded, "order_paid").mapping->Apply(kOrder, true);
  ASSERT_TRUE(grpc.ok()) << grpc.status();
  ASSERT_EQ(grpc->payloads.size(), 3u);
  EXPECT_EQ(base::Value(grpc->payloads[0]), std::string("\x08\x2a\x12\x03T-1", 7));
  EXPECT_EQ(base::Value(grpc->payloads[1]),
            std::string("\x08\x2a\x12\x06\x08\x07\x10\x01\x18\x02", 10));
  EXPECT_EQ(base::Value(grpc->payloads[2]), base::Value(grpc->payloads[0]));
  const auto registered = Find(loaded, "order_paid_registered").mapping->Apply(kOrder, true);
  ASSERT_TRUE(registered.ok()) << registered.status();
  for (size_t step = 0; step < 3; ++step)
    EXPECT_EQ(base::Value(registered->payloads.at(step)), base::Value(grpc->payloads[step]));
  const auto http = Find(loaded, "order_paid_http").mapping->Apply(kOrder, true);
  ASSERT_TRUE(http.ok()) << http.status();
  EXPECT_EQ(base::Value(http->payloads[0]), R"({"order_id":42,"trade_no":"T-1"})");
  const auto tcc = Find(loaded, "reserve_stock").mapping->Apply(kOrder, true);
  ASSERT_TRUE(tcc.ok()) << tcc.status();
  EXPECT_EQ(base::Value(tcc->payloads[0]), base::Value(grpc->payloads[1]));
}

TEST(ShippedTest, AddressesComeFromTheEnvironment) {
  const LoadedFolder loaded =
      LoadDefinitions(SagasFolder(), [](const std::string& name) -> std::optional<std::string> {
        return name == "ORDER_GRPC" ? std::optional<std::string>("order.shop:9000") : std::nullopt;
      });
  const core::SagaDefinition& definition = Find(loaded, "order_paid").definition;
  EXPECT_EQ(definition.steps[0].action, "order.shop:9000/order.v1.Order/BeginPayment");
  EXPECT_EQ(definition.steps[1].action, "127.0.0.1:58082/product.v1.Product/Deduct");
}

nlohmann::json Schema() {
  std::ifstream in(SagasFolder() + "/saga.schema.json");
  return nlohmann::json::parse(in);
}

TEST(SchemaTest, KnowsTheSameKeysAsTheLoader) {
  const nlohmann::json schema = Schema();
  for (const KeyGroup& group : DefinitionKeys()) {
    const nlohmann::json& object =
        group.name == "definition" ? schema : schema.at("$defs").at(group.name);
    EXPECT_EQ(object.at("additionalProperties"), false) << group.name;
    std::vector<std::string> names;
    for (const auto& [name, value] : object.at("properties").items()) names.push_back(name);
    EXPECT_THAT(names, UnorderedElementsAreArray(group.allowed)) << group.name;
    const std::vector<std::string> required = object.value("required", std::vector<std::string>());
    EXPECT_THAT(required, UnorderedElementsAreArray(group.required)) << group.name;
  }
}

TEST(SchemaTest, KnowsTheSameLimitsAsTheCore) {
  const nlohmann::json schema = Schema();
  const nlohmann::json& defs = schema.at("$defs");
  EXPECT_EQ(defs.at("name").at("maxLength"), core::kMaxDefinitionNameLength);
  EXPECT_EQ(schema.at("properties").at("steps").at("maxItems"), core::kMaxSteps);
  EXPECT_EQ(defs.at("seconds").at("maximum"), core::kMaxOptionSeconds);
  EXPECT_EQ(defs.at("key").at("properties").at("prefix").at("maxLength"), core::kMaxGidLength - 1);
  const nlohmann::json& options = defs.at("options").at("properties");
  EXPECT_EQ(options.at("retry_limit").at("maximum"), core::kMaxRetryLimit);
  EXPECT_EQ(options.at("attempt_limit").at("maximum"), core::kMaxRetryLimit);
  const nlohmann::json& retry = defs.at("retry").at("properties");
  EXPECT_EQ(retry.at("attempt_limit").at("maximum"), core::kMaxRetryLimit);
  EXPECT_EQ(retry.at("factor").at("anyOf").at(1).at("maximum"), core::kMaxRetryFactor);
  EXPECT_EQ(options.at("branch_headers").at("maxProperties"), core::kMaxBranchHeaders);
}

}  // namespace
}  // namespace saga::adapter
