#include "cli/printer/payload.h"

#include <gtest/gtest.h>

#include "cli/command/payload_change.h"
#include "cli/printer/diff.h"

namespace saga::cli {
namespace {

TEST(Payload, IsShownAsWhatItIs) {
  EXPECT_EQ(ShowPayload(""), "");
  EXPECT_EQ(ShowPayload(R"({"b":1,"a":[2]})"), "{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}\n");
  EXPECT_EQ(ShowPayload("a=1\nb=2"), "a=1\nb=2\n");
  EXPECT_EQ(ShowPayload("{\"n\": 1e400}"), "{\"n\": 1e400}\n");
  EXPECT_EQ(ShowPayload(std::string("\x08\x01hi\x1b", 5)),
            "000000  08 01 68 69 1b                                   ..hi.\n");
}

TEST(Payload, IsRewritableWhenNothingIsLost) {
  for (const char* json : {"{}", "1", "\"x\"", R"({"p":19.90,"n":-12.5e-3})", "[1,2,[3]]",
                           "18446744073709551615", "-9223372036854775808", "0.000123"})
    EXPECT_TRUE(IsRewritable(json)) << json;
  for (const char* json : {"", "{", "12345678901234567890123", "0.1234567890123456789", "1e400",
                           R"({"a":1,"a":2})", "nonsense"})
    EXPECT_FALSE(IsRewritable(json)) << json;
  EXPECT_TRUE(IsRewritable(R"([{"a":1},{"a":2}])"));
  EXPECT_FALSE(IsRewritable(std::string(100'000, '[') + std::string(100'000, ']')));
}

std::string After(std::string payload, const std::vector<std::string>& assignments) {
  const std::string problem = SetValues(assignments, &payload);
  return problem.empty() ? payload : "refused: " + problem.substr(0, 12);
}

TEST(SetValues, ByNamesNumbersAndPointers) {
  const std::string json = R"({"z":{"list":[1,{"a":2}]},"a/b":1})";
  EXPECT_EQ(After(json, {"z.list.1.a=3"}), R"({"z":{"list":[1,{"a":3}]},"a/b":1})");
  EXPECT_EQ(After(json, {"/a~1b=x=y"}), R"({"z":{"list":[1,{"a":2}]},"a/b":"x=y"})");
  EXPECT_EQ(After(json, {"z.list=[]", "new=null"}), R"({"z":{"list":[]},"a/b":1,"new":null})");
  EXPECT_EQ(After(json, {"z.list.2=1"}), "refused: there is not");
  EXPECT_EQ(After(json, {"a.b.c=1"}), "refused: there is not");
  EXPECT_EQ(After(json, {"z.list.x=1"}), "refused: there is not");
  EXPECT_EQ(After(json, {"=1"}), "refused: --set is PAT");
  EXPECT_EQ(After("7", {"a=1"}), "refused: there is not");
  EXPECT_EQ(After("no json", {"a=1"}), "refused: --set is for");
  EXPECT_EQ(After(R"({"big":12345678901234567890123})", {"a=1"}), "refused: --set would ");
}

TEST(PayloadProblem, JsonStaysJsonAndTheRestIsFree) {
  EXPECT_EQ(PayloadProblem("{}", "[1]"), "");
  EXPECT_NE(PayloadProblem("{}", "{"), "");
  EXPECT_NE(PayloadProblem("{}", ""), "");
  EXPECT_EQ(PayloadProblem("", "{"), "");
  EXPECT_EQ(PayloadProblem("\x08", "{"), "");
}

std::string Numbers(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST(UnifiedDiff, AsDiffDashUWritesIt) {
  EXPECT_EQ(UnifiedDiff("a\n", "a\n"), "");
  EXPECT_EQ(UnifiedDiff("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(UnifiedDiff("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nc\n"), "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
  EXPECT_EQ(UnifiedDiff(Numbers(1, 20), Numbers(1, 9) + "x\n" + Numbers(10, 19)),
            "@@ -7,6 +7,7 @@\n 7\n 8\n 9\n+x\n 10\n 11\n 12\n"
            "@@ -17,4 +18,3 @@\n 17\n 18\n 19\n-20\n");
  EXPECT_EQ(UnifiedDiff("x\n" + Numbers(1, 6) + "y\n", Numbers(1, 6)),
            "@@ -1,8 +1,6 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n")
      << "contexts that touch make one hunk";
}

TEST(UnifiedDiff, OfLargeTextsEndsInTime) {
  const std::string text = UnifiedDiff(Numbers(1, 30'000), Numbers(30'001, 60'000));
  EXPECT_EQ(text.substr(0, 26), "@@ -1,30000 +1,30000 @@\n-1");
}

}  // namespace
}  // namespace saga::cli
