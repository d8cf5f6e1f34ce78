#include "orchestrator/adapter/mysql/column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace saga::adapter::mysql {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

TEST(MysqlColumn, TimesAreLocalAndToTheSecond) {
  const base::Time time{1'795'291'322'968'652};
  EXPECT_EQ(DateTimeOf(time, Zone("UTC")), "2026-11-21 20:02:02");
  EXPECT_EQ(DateTimeOf(time, Zone("Europe/Berlin")), "2026-11-21 21:02:02");
  EXPECT_EQ(DateTimeOf(time, Zone("UTC"), true), "2026-11-21 20:02:02.968652");
  EXPECT_EQ(TimeOf("2026-11-21 21:02:02", Zone("Europe/Berlin")).micros, 1'795'291'322'000'000);
  EXPECT_EQ(TimeOf("2026-11-21 20:02:02.968652", Zone("UTC")), time);
}

TEST(MysqlColumn, WhatIsNoTimeIsNone) {
  EXPECT_EQ(DateTimeOf({}, Zone("UTC")), "");
  EXPECT_EQ(DateTimeOf(base::kNever, Zone("UTC")), "");
  EXPECT_FALSE(TimeOf("", Zone("UTC")).IsSet());
  EXPECT_FALSE(TimeOf("0000-00-00 00:00:00", Zone("UTC")).IsSet());
  EXPECT_FALSE(TimeOf("soon", Zone("UTC")).IsSet());
}

TEST(MysqlColumn, AnHourThatClocksShowTwiceIsTheFirst) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(TimeOf("2026-10-25 02:30:00", berlin).micros, 1'792'888'200'000'000);
  EXPECT_EQ(DateTimeOf(base::Time{1'792'888'200'000'000}, berlin), "2026-10-25 02:30:00");
  EXPECT_EQ(DateTimeOf(base::Time{1'792'891'800'000'000}, berlin), "2026-10-25 02:30:00");
}

TEST(MysqlColumn, WidthsCountCharacters) {
  EXPECT_TRUE(Fits("abc", 3));
  EXPECT_FALSE(Fits("abcd", 3));
  EXPECT_TRUE(Fits("\xf0\x9f\x9a\x80\xc3\xa9x", 3));
  EXPECT_FALSE(Fits("\xff", 3));
  EXPECT_FALSE(Fits("\xed\xa0\x80", 3)) << "a surrogate";
  EXPECT_FALSE(Fits("\xc0\xaf", 3)) << "longer than needed";
  EXPECT_EQ(Shortened("abcd", 3), "abc");
  EXPECT_EQ(Shortened("\xf0\x9f\x9a\x80z", 1), "\xf0\x9f\x9a\x80");
  EXPECT_EQ(Shortened("a\xff\xfe"
                      "b",
                      10),
            "a??b");
}

TEST(MysqlColumn, WordsAreThoseOfTheProtocol) {
  core::Mode mode{};
  core::Op op{};
  core::Status status{};
  EXPECT_TRUE(ReadWord("msg", &mode));
  EXPECT_EQ(mode, core::Mode::kMessage);
  EXPECT_TRUE(ReadWord("rollback", &op));
  EXPECT_EQ(op, core::Op::kRollback);
  EXPECT_TRUE(ReadWord("aborting", &status));
  EXPECT_EQ(status, core::Status::kAborting);
  EXPECT_FALSE(ReadWord("", &status));
  EXPECT_FALSE(ReadWord("Saga", &mode));
}

}  // namespace
}  // namespace saga::adapter::mysql
