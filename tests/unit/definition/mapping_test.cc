// From an input to the bytes that participants get.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "orchestrator/adapter/yaml/definition_loader.h"
#include "orchestrator/core/limits.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Environment Nothing() {
  return [](const std::string&) { return std::nullopt; };
}

constexpr char kProto[] =
    "syntax = \"proto3\";\n"
    "package shop.v1;\n"
    "import \"google/protobuf/empty.proto\";\n"
    "import \"common.proto\";\n"
    "service Stock {\n"
    "  rpc Take(Change) returns (google.protobuf.Empty) {}\n"
    "  rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty) {}\n"
    "}\n"
    "message Item { int64 product_id = 1; int64 quantity = 2; }\n"
    "message Change { int64 order_id = 1; repeated Item items = 2; common.Note note = 3; "
    "map<string, string> tags = 4; }\n";
constexpr char kCommon[] =
    "syntax = \"proto3\";\npackage common;\nmessage Note { string text = 1; }\n";

class MappingTest : public ::testing::Test {
 protected:
  MappingTest() {
    std::ofstream(folder_.File("shop.proto")) << kProto;
    std::ofstream(folder_.File("common.proto")) << kCommon;
  }

  // A definition with one step; `step` are its keys from the target on.
  LoadedFolder Load(const std::string& step, const std::string& head = "") {
    return LoadDefinition(folder_.File("x.saga.yaml"),
                          "name: x\nversion: 1\nmode: saga\nprotocol: grpc\n" + head +
                              "steps:\n  - name: take\n" + step,
                          Nothing());
  }
  LoadedFolder LoadGrpc(const std::string& payload, const std::string& method = "Take") {
    return Load("    action: h:1/shop.v1.Stock/" + method +
                    "\n    compensate: none\n    message: shop.v1.Change\n    payload: " + payload +
                    "\n",
                "protos: [shop.proto]\n");
  }
  LoadedFolder LoadHttp(const std::string& payload, const std::string& head = "") {
    return Load("    action: http://h:1/x\n    compensate: none\n    payload: " + payload + "\n",
                head);
  }

  absl::StatusOr<std::string> Payload(const LoadedFolder& loaded, const std::string& input) {
    EXPECT_THAT(loaded.problems, IsEmpty());
    absl::StatusOr<port::MappedInput> mapped =
        loaded.definitions.at(0).mapping->Apply(input, false);
    if (!mapped.ok()) return mapped.status();
    return base::Value(mapped->payloads.at(0));
  }
  std::string Error(const LoadedFolder& loaded, const std::string& input) {
    const absl::StatusOr<std::string> payload = Payload(loaded, input);
    EXPECT_EQ(payload.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(payload.status().message());
  }

  fixture::TempDir folder_;
};

TEST_F(MappingTest, HttpPayloadIsJson) {
  const LoadedFolder loaded = LoadHttp(
      "{id: $input.order.id, second: $input.items.1.n, all: $input.items, fixed: [1, a, null], "
      "big: $input.big}");
  const std::string input =
      R"({"order":{"id":"A"},"items":[{"n":1},{"n":2}],"big":9223372036854775807})";
  EXPECT_EQ(Payload(loaded, input).value(),
            R"({"all":[{"n":1},{"n":2}],"big":9223372036854775807,"fixed":[1,"a",null],)"
            R"("id":"A","second":2})");
}

TEST_F(MappingTest, TheWholeInputMayBeThePayload) {
  EXPECT_EQ(Payload(LoadHttp("$input"), R"({"a":[1, 2]})").value(), R"({"a":[1,2]})");
  EXPECT_EQ(Payload(LoadHttp("$input"), "").value(), "{}");
}

TEST_F(MappingTest, GrpcPayloadIsTheMessage) {
  const LoadedFolder loaded =
      LoadGrpc("{order_id: $input.id, items: [{product_id: 7, quantity: $input.n}]}");
  // order_id 1: varint 42; items 2: length 4: product_id 7, quantity 3.
  EXPECT_EQ(Payload(loaded, R"({"id":42,"n":"3"})").value(),
            std::string("\x08\x2a\x12\x04\x08\x07\x10\x03", 8));
  // The largest number comes through unharmed.
  EXPECT_EQ(Payload(loaded, R"({"id":9223372036854775807,"n":0})").value().substr(0, 10),
            std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10));
}

TEST_F(MappingTest, ImportedMessagesAndMaps) {
  const LoadedFolder loaded = LoadGrpc("{note: {text: hi}, tags: {anything: goes}}");
  EXPECT_THAT(Payload(loaded, "{}").value(), HasSubstr("anything"));
}

TEST_F(MappingTest, NoPayloadIsAnEmptyRequest) {
  const LoadedFolder loaded = Load("    action: h:1/shop.v1.Stock/Ping\n    compensate: none\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.definitions[0].mapping->Apply("{}", false)->payloads.at(0), nullptr);
}

TEST_F(MappingTest, InputErrorsNameStepAndField) {
  const LoadedFolder grpc = LoadGrpc("{order_id: $input.order.id, items: $input.items}");
  EXPECT_EQ(Error(grpc, R"({"order":{}})"),
            "step 'take': payload.order_id: the input has no $input.order.id ('id' is missing)");
  const std::string unknown = Error(grpc, R"({"order":{"id":1},"items":[{"prodct_id":1}]})");
  EXPECT_THAT(unknown, HasSubstr("step 'take': payload: shop.v1.Change: "));
  EXPECT_THAT(unknown, HasSubstr("prodct_id"));
  EXPECT_THAT(Error(grpc, R"({"order":{"id":"forty"},"items":[]})"), HasSubstr("order_id"));
}

TEST_F(MappingTest, InputErrors) {
  const LoadedFolder loaded = LoadHttp("{a: $input.a}");
  EXPECT_THAT(Error(loaded, "nonsense"), HasSubstr("not JSON"));
  EXPECT_THAT(Error(loaded, "[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(Error(loaded, R"({"a":)" + std::string(100'000, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(Error(loaded, std::string(core::kMaxRequestSize + 1, ' ')), HasSubstr("larger than"));
  EXPECT_THAT(Error(loaded, R"({"a":")" + std::string(core::kMaxPayloadSize, 'x') + "\"}"),
              HasSubstr("larger than"));
  EXPECT_EQ(Payload(loaded, R"({"a":"[[[ \" [[["})").value(), R"({"a":"[[[ \" [[["})");
}

TEST_F(MappingTest, TheKeyMakesTheGid) {
  const LoadedFolder loaded =
      LoadHttp("{}", "key: {prefix: x-, fields: [$input.shop, $input.order.id]}\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  const port::InputMapping& mapping = *loaded.definitions[0].mapping;
  EXPECT_EQ(mapping.Apply(R"({"shop":"a/b","order":{"id":7}})", true)->gid, "x-a%2Fb/7");
  EXPECT_EQ(mapping.Apply(R"({})", false)->gid, "");
  for (const char* input :
       {R"({})", R"({"shop":"","order":{"id":1}})", R"({"shop":"a","order":{"id":1.5}})",
        R"({"shop":"a","order":{"id":null}})", R"({"shop":"a","order":{"id":{}}})"}) {
    const absl::StatusOr<port::MappedInput> mapped = mapping.Apply(input, true);
    EXPECT_EQ(mapped.status().code(), absl::StatusCode::kInvalidArgument) << input;
    EXPECT_THAT(std::string(mapped.status().message()), HasSubstr("key: ")) << input;
  }
}

TEST_F(MappingTest, WithoutKeyAGidIsNeeded) {
  const LoadedFolder loaded = LoadHttp("{}");
  EXPECT_THAT(std::string(loaded.definitions.at(0).mapping->Apply("{}", true).status().message()),
              HasSubstr("name a gid"));
}

TEST_F(MappingTest, ProtoMistakesAreFoundAtLoadTime) {
  const auto problem = [](const LoadedFolder& loaded) {
    EXPECT_EQ(loaded.problems.size(), 1u) << ::testing::PrintToString(loaded.problems);
    return loaded.problems.empty() ? "" : loaded.problems[0];
  };
  EXPECT_THAT(problem(LoadGrpc("{order: 1}")),
              HasSubstr(":11: steps[0].payload.order: shop.v1.Change has no field 'order'; fields "
                        "are: order_id, items"));
  EXPECT_THAT(problem(LoadGrpc("{items: [{quantity: 1, prodct_id: 1}]}")),
              HasSubstr("steps[0].payload.items[0].prodct_id: shop.v1.Item has no field "
                        "'prodct_id' (did you mean "
                        "'product_id'?)"));
  EXPECT_THAT(problem(LoadGrpc("{order_id: forty}")),
              HasSubstr("steps[0].payload: shop.v1.Change: "));
  EXPECT_THAT(problem(LoadGrpc("{}", "Tke")),
              HasSubstr("steps[0].action: shop.v1.Stock has no method 'Tke' (did you "
                        "mean 'Take'?); methods are: Take, Ping"));
  EXPECT_THAT(problem(LoadGrpc("{}", "Ping")),
              HasSubstr("Ping takes a google.protobuf.Empty, but `message` is"));
  EXPECT_THAT(
      problem(Load("    action: h:1/a.B/C\n    compensate: none\n    message: shop.v1.Chnge\n",
                   "protos: [shop.proto]\n")),
      HasSubstr("no message 'shop.v1.Chnge' (did you mean 'shop.v1.Change'?); messages are: "
                "shop.v1.Item"));
}

TEST_F(MappingTest, ABrokenProtoIsReportedWithItsLine) {
  std::ofstream(folder_.File("shop.proto")) << "syntax = \"proto3\";\nmessage {\n";
  const LoadedFolder loaded = LoadGrpc("{}");
  ASSERT_FALSE(loaded.problems.empty());
  EXPECT_THAT(loaded.problems[0], HasSubstr(":5: protos: shop.proto:2:"));
}

TEST_F(MappingTest, ThreadsMayShareAMapping) {
  const LoadedFolder loaded = LoadGrpc("{order_id: $input.id}");
  ASSERT_THAT(loaded.problems, IsEmpty());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (Payload(loaded, R"({"id":1})").value() == "\x08\x01") ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

}  // namespace
}  // namespace saga::adapter
