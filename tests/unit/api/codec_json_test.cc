#include "orchestrator/api/codec_json.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Error(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseStepsTest, NoStepsInEveryWayClientsSayIt) {
  for (const char* text : {"", "null", "[]", " [ ] ", " null"}) {
    const auto steps = ParseSteps(text);
    ASSERT_TRUE(steps.ok()) << text << ": " << steps.status();
    EXPECT_THAT(*steps, IsEmpty());
  }
}

TEST(ParseStepsTest, ReadsTargetsAndPassesOverOtherKeys) {
  const auto steps =
      ParseSteps(R"([{"action":"a/1","compensate":"c/1"},{"x":"y","action":"a/2"},{},null,)"
                 R"({"action":null,"compensate":"c\u00e9"}])");
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_EQ(steps->size(), 5u);
  EXPECT_EQ((*steps)[0].action, "a/1");
  EXPECT_EQ((*steps)[0].compensate, "c/1");
  EXPECT_EQ((*steps)[1].action, "a/2");
  EXPECT_EQ((*steps)[1].compensate, "");
  EXPECT_EQ((*steps)[2].action, "");
  EXPECT_EQ((*steps)[3].action, "");
  EXPECT_EQ((*steps)[4].compensate, "c\xC3\xA9");
}

TEST(ParseStepsTest, LastOfTwoEqualKeysCounts) {
  const auto steps = ParseSteps(R"([{"action":"old","action":"new"}])");
  ASSERT_TRUE(steps.ok());
  EXPECT_EQ((*steps)[0].action, "new");
}

TEST(ParseStepsTest, RefusesWhatIsNotAListOfObjectsOfStrings) {
  for (const char* text :
       {"{}", "1", "\"x\"", "true", "[1]", "[true]", "[\"a\"]", "[[]]", R"([{"action":1}])",
        R"([{"action":{}}])", R"([{"action":["a"]}])", R"([{"action":true}])", R"([{"z":1.5}])",
        "[{}", "[{}]]", "garbage", "\x01\xff", R"([{"action":"a"},])", "{\"a\":"}) {
    EXPECT_THAT(Error(ParseSteps(text).status()), HasSubstr("Steps must be a JSON list")) << text;
  }
}

TEST(ParseStepsTest, TellsWhichStepIsWrong) {
  EXPECT_THAT(Error(ParseSteps(R"([{"action":"a"},{"action":7}])").status()),
              HasSubstr("element 1"));
}

TEST(ParseStepsTest, RefusesInvalidUtf8) {
  EXPECT_FALSE(ParseSteps("[{\"action\":\"\xff\"}]").ok());
}

TEST(ParseStepsTest, RefusesTooManyByCount) {
  std::string text = "[";
  for (int i = 0; i < 10'000; ++i) text += i == 0 ? R"({"action":"a"})" : R"(,{"action":"a"})";
  text += "]";
  EXPECT_EQ(
      Error(ParseSteps(text).status()),
      "10000 steps given, at most 1000 allowed (limit.steps): split it into several transactions");
}

TEST(ParseStepsTest, TakesAsManyAsAllowed) {
  std::string text = "[{}";
  for (size_t i = 1; i < core::kMaxSteps; ++i) text += ",{}";
  const auto steps = ParseSteps(text + "]");
  ASSERT_TRUE(steps.ok());
  EXPECT_EQ(steps->size(), core::kMaxSteps);
}

TEST(ParseStepsTest, DeepNestingEndsAtOnce) {
  EXPECT_FALSE(ParseSteps(std::string(1'000'000, '[')).ok());
  EXPECT_FALSE(ParseSteps("[{\"a\":" + std::string(1'000'000, '{')).ok());
}

TEST(ParseJsonTest, NestsUpToTheLimit) {
  EXPECT_TRUE(ParseJson("body", Nested(core::kMaxJsonDepth)).ok());
  EXPECT_EQ(Error(ParseJson("body", Nested(core::kMaxJsonDepth + 1)).status()),
            "body nests 65 levels deep and may nest at most 64 (kMaxJsonDepth)");
  EXPECT_THAT(Error(ParseJson("body", std::string(4'000'000, '[')).status()),
              HasSubstr("kMaxJsonDepth"));
}

TEST(ParseJsonTest, BracketsInStringsDoNotCount) {
  const std::string brackets(200, '[');
  EXPECT_TRUE(ParseJson("body", "\"" + brackets + "\\\"" + brackets + "\"").ok());
}

TEST(ParseJsonTest, RefusesGarbage) {
  for (const char* text : {"", "nul", "{", "[1,]", "'a'", "\xff\xfe", "{\"a\":1}}", "]"}) {
    EXPECT_EQ(Error(ParseJson("body", text).status()), "body is not JSON") << text;
  }
}

TEST(SagaCustomDataTest, NothingSaid) {
  for (const char* text : {"", "null", "{}", R"({"concurrent":null,"orders":null})",
                           R"({"orders":{},"other":[1]})", R"({"orders":[]})"}) {
    const auto data = ParseSagaCustomData(text, 2);
    ASSERT_TRUE(data.ok()) << text << ": " << data.status();
    EXPECT_FALSE(data->concurrent);
    EXPECT_THAT(data->predecessors, IsEmpty());
  }
}

TEST(SagaCustomDataTest, ReadsOrders) {
  const auto data =
      ParseSagaCustomData(R"({"concurrent":true,"orders":{"2":[0,1,0],"1":null}})", 4);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(data->concurrent);
  EXPECT_THAT(data->predecessors,
              ElementsAre(IsEmpty(), IsEmpty(), ElementsAre(0u, 1u), IsEmpty()));
}

TEST(SagaCustomDataTest, ReadsOrdersThatAreAList) {
  const auto data = ParseSagaCustomData(R"({"concurrent":true,"orders":[[],[0]]})", 3);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->predecessors, ElementsAre(IsEmpty(), ElementsAre(0u), IsEmpty()));
}

TEST(SagaCustomDataTest, RefusesStepsThatDoNotExist) {
  EXPECT_EQ(Error(ParseSagaCustomData(R"({"concurrent":true,"orders":{"1":[2]}})", 2).status()),
            "custom_data of a saga: orders of step 1 may name steps 0 to 1 and names 2");
  EXPECT_THAT(Error(ParseSagaCustomData(R"({"orders":{"2":[0]}})", 2).status()),
              HasSubstr("an entry for '2'"));
  for (const char* orders : {R"({"-1":[0]})", R"({"1":[-1]})", R"({"x":[0]})", R"({"":[0]})",
                             R"({"1":[0.5]})", R"({"1":["0"]})", R"({"1":0})", R"({"1":{}})",
                             R"({"1":[18446744073709551615]})", R"([[],[],[0]])", "1", "\"1\""}) {
    const std::string text = std::string(R"({"concurrent":true,"orders":)") + orders + "}";
    EXPECT_THAT(Error(ParseSagaCustomData(text, 2).status()), HasSubstr("orders")) << text;
  }
  EXPECT_FALSE(ParseSagaCustomData(R"({"orders":{"0":[0]}})", 0).ok());
}

TEST(SagaCustomDataTest, RefusesOrdersThatCanNeverBeMet) {
  EXPECT_THAT(
      Error(ParseSagaCustomData(R"({"concurrent":true,"orders":{"0":[1],"1":[0]}})", 2).status()),
      HasSubstr("cycle"));
  EXPECT_THAT(Error(ParseSagaCustomData(R"({"concurrent":true,"orders":{"1":[1]}})", 2).status()),
              HasSubstr("step 1 waits for itself"));
  EXPECT_THAT(
      Error(ParseSagaCustomData(R"({"concurrent":true,"orders":{"1":[3],"2":[1],"3":[2]}})", 4)
                .status()),
      HasSubstr("cycle"));
}

TEST(SagaCustomDataTest, OrderAgainstTheSequenceIsACycleToo) {
  EXPECT_THAT(Error(ParseSagaCustomData(R"({"orders":{"0":[1]}})", 2).status()),
              HasSubstr("sequence"));
  EXPECT_TRUE(ParseSagaCustomData(R"({"concurrent":true,"orders":{"0":[1]}})", 2).ok());
  EXPECT_TRUE(ParseSagaCustomData(R"({"orders":{"1":[0]}})", 2).ok());
}

TEST(SagaCustomDataTest, RefusesOtherTypes) {
  for (const char* text :
       {"[]", "1", "\"{}\"", "not json", R"({"concurrent":1})", R"({"concurrent":"true"})"}) {
    EXPECT_THAT(Error(ParseSagaCustomData(text, 2).status()), HasSubstr("custom_data")) << text;
  }
}

TEST(MessageDelayTest, ReadsSeconds) {
  EXPECT_EQ(*ParseMessageDelay(""), 0);
  EXPECT_EQ(*ParseMessageDelay("null"), 0);
  EXPECT_EQ(*ParseMessageDelay("{}"), 0);
  EXPECT_EQ(*ParseMessageDelay(R"({"delay":null})"), 0);
  EXPECT_EQ(*ParseMessageDelay(R"({"delay":10,"other":1})"), 10);
}

TEST(MessageDelayTest, RefusesOtherThings) {
  for (const char* text :
       {"[]", "10", "x", R"({"delay":-1})", R"({"delay":1.5})", R"({"delay":"10"})",
        R"({"delay":true})", R"({"delay":99999999999})", R"({"delay":18446744073709551615})"}) {
    EXPECT_THAT(Error(ParseMessageDelay(text).status()), HasSubstr("custom_data")) << text;
  }
}

}  // namespace
}  // namespace saga::api
