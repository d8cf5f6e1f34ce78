#include "orchestrator/app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace saga::app {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr base::Time kTime{1'700'000'000'123'456};

std::string Line(LogFormat format, absl::string_view message, const std::vector<LogField>& fields) {
  return FormatLogLine(format, kTime, LogLevel::kWarn, message, fields.data(), fields.size());
}

TEST(LogLine, JsonHasTimeLevelMessageAndFieldsInOrder) {
  EXPECT_EQ(Line(LogFormat::kJson, "branch call failed",
                 {{"gid", "order-1"},
                  {"branch", "01"},
                  {"attempt", 3},
                  {"recovered", true},
                  {"reason", ""}}),
            R"({"time":"2023-11-14T22:13:20.123456Z","level":"warn","msg":"branch call failed",)"
            R"("gid":"order-1","branch":"01","attempt":3,"recovered":true})");
}

TEST(LogLine, TextIsForPeople) {
  EXPECT_EQ(Line(LogFormat::kText, "branch call failed",
                 {{"gid", "order-1"}, {"error", "out of stock"}, {"equation", "a=b"}}),
            R"(2023-11-14T22:13:20.123456Z warn  branch call failed gid=order-1 )"
            R"(error="out of stock" equation="a=b")");
}

TEST(LogLine, AnyBytesStayOneValidLine) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::vector<std::string> texts = {every_byte,
                                          "a\"b\\c",
                                          "line\nbreak\r\n",
                                          std::string("\0", 1),
                                          "\xc3\x28",
                                          "\xed\xa0\x80",
                                          "\xe2\x80\xa8",
                                          "Gr\xc3\xbc\xc3\x9f"
                                          "e"};
  for (const std::string& text : texts) {
    const std::string json = Line(LogFormat::kJson, text, {{"gid", text}});
    EXPECT_EQ(json.find('\n'), std::string::npos);
    const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << json;
    EXPECT_EQ(parsed["gid"], parsed["msg"]);
    const std::string plain = Line(LogFormat::kText, text, {{"gid", text}});
    for (const char c : plain) EXPECT_GE(static_cast<unsigned char>(c), ' ') << plain;
  }
  EXPECT_EQ(nlohmann::json::parse(Line(LogFormat::kJson, "x",
                                       {{"gid",
                                         "Gr\xc3\xbc\xc3\x9f"
                                         "e\n"}}))["gid"],
            "Gr\xc3\xbc\xc3\x9f"
            "e\n");
}

TEST(Log, WritesFromItsLevelUp) {
  std::vector<std::string> lines;
  Log log(LogLevel::kWarn, LogFormat::kJson,
          [&](const std::string& line) { lines.push_back(line); });
  EXPECT_FALSE(log.Enabled(LogLevel::kInfo));
  EXPECT_TRUE(log.Enabled(LogLevel::kError));
  log.Debug("one");
  log.Info("two");
  log.Warn("three", {{"gid", "{}"}});
  log.Error("four %v {} %s");
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr(R"("msg":"three","gid":"{}")"));
  EXPECT_THAT(lines[1], HasSubstr("four %v {} %s"));
}

TEST(Log, TellsHowManyWereSuppressed) {
  std::vector<std::string> lines;
  Log log(LogLevel::kInfo, LogFormat::kJson,
          [&](const std::string& line) { lines.push_back(line); });
  log.WriteAfterSuppressed(LogLevel::kWarn, "again", 0, {});
  log.WriteAfterSuppressed(LogLevel::kWarn, "again", 41, {{"gid", "g"}});
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], Not(HasSubstr("suppressed")));
  EXPECT_THAT(lines[1], HasSubstr(R"("gid":"g","suppressed":41)"));
}

TEST(LogWords, AreThoseOfTheConfiguration) {
  for (const char* word : {"debug", "info", "warn", "error"})
    EXPECT_STREQ(LogLevelName(LogLevelOf(word)), word);
  EXPECT_EQ(LogFormatOf("text"), LogFormat::kText);
  EXPECT_EQ(LogFormatOf("json"), LogFormat::kJson);
}

}  // namespace
}  // namespace saga::app
