#include "orchestrator/core/reply_text.h"

#include <string>

#include "gtest/gtest.h"
#include "orchestrator/core/limits.h"

namespace saga::core {
namespace {

TEST(ReplyTextTest, AFailureEndsInItsWordOnce) {
  EXPECT_EQ(ReplyText(Outcome::kFailure, "out of stock"), "out of stock FAILURE");
  EXPECT_EQ(ReplyText(Outcome::kFailure, "out of stock FAILURE"), "out of stock FAILURE");
  EXPECT_EQ(ReplyText(Outcome::kFailure, R"({"error":"x"})"), R"({"error":"x"} FAILURE)");
  EXPECT_EQ(ReplyText(Outcome::kFailure, R"({"dtm_result":"FAILURE"})"),
            R"({"dtm_result":"FAILURE"} FAILURE)");
  EXPECT_EQ(ReplyText(Outcome::kFailure, "FAILURE"), "FAILURE");
  EXPECT_EQ(ReplyText(Outcome::kFailure, ""), "FAILURE");
  EXPECT_EQ(ReplyText(Outcome::kFailure, "noFAILURE"), "noFAILURE FAILURE");
}

TEST(ReplyTextTest, AnOngoingAnswerEndsInItsWordOnce) {
  EXPECT_EQ(ReplyText(Outcome::kOngoing, "wait"), "wait ONGOING");
  EXPECT_EQ(ReplyText(Outcome::kOngoing, "ONGOING"), "ONGOING");
  EXPECT_EQ(ReplyText(Outcome::kOngoing, ""), "ONGOING");
}

TEST(ReplyTextTest, AnythingElseStaysAsItWasSaid) {
  EXPECT_EQ(ReplyText(Outcome::kUnknown, " \r\n<html>no</html>\t\n"), "<html>no</html>");
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "   "), "");
}

TEST(ReplyTextTest, BadBytesBecomeQuestionMarks) {
  const std::string good = "caf\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x98\x80";
  EXPECT_EQ(ReplyText(Outcome::kUnknown, good), good);
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "a\xFF\xC3[b"), "a??[b");
  EXPECT_EQ(ReplyText(Outcome::kUnknown, std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "\xED\xA0\x80"), "???");       // half of a surrogate pair
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "\xC0\x80"), "??");            // overlong
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "\xF4\x90\x80\x80"), "????");  // beyond Unicode
  EXPECT_EQ(ReplyText(Outcome::kUnknown, "cut \xE6\x97"), "cut ??");
}

TEST(ReplyTextTest, LongTextsAreCutAndKeepTheirEnd) {
  const std::string said(100'000, 'x');
  EXPECT_EQ(ReplyText(Outcome::kUnknown, said), std::string(kMaxReasonLength, 'x'));
  const std::string failure = ReplyText(Outcome::kFailure, said);
  EXPECT_EQ(failure.size(), kMaxReasonLength);
  EXPECT_TRUE(failure.ends_with("x FAILURE"));
  // Never in the middle of a character.
  std::string wide;
  for (int i = 0; i < 2000; ++i) wide += "\xE6\x97\xA5";
  EXPECT_EQ(ReplyText(Outcome::kUnknown, wide).size(), kMaxReasonLength / 3 * 3);
}

}  // namespace
}  // namespace saga::core
