#include "orchestrator/adapter/store_common/filter_bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace saga::adapter {
namespace {

using core::Mode;
using core::Status;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

core::Filter Parsed(const std::string& text) {
  auto filter = core::ParseFilter(text);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.value_or(core::Filter());
}

TEST(FilterBounds, Statuses) {
  EXPECT_THAT(StatusesIn(Parsed("")), SizeIs(5));
  EXPECT_THAT(StatusesIn(Parsed("gid=a or error~b")), SizeIs(5));
  EXPECT_THAT(StatusesIn(Parsed("state=failed")), ElementsAre(Status::kFailed));
  EXPECT_THAT(StatusesIn(Parsed("state=ended")), ElementsAre(Status::kSucceed, Status::kFailed));
  EXPECT_THAT(StatusesIn(Parsed("state=failed or gid=a")), SizeIs(5));
  EXPECT_THAT(StatusesIn(Parsed("state=failed and gid=a")), ElementsAre(Status::kFailed));
  EXPECT_THAT(StatusesIn(Parsed("not (state=open or gid=a)")),
              ElementsAre(Status::kSucceed, Status::kFailed));
  EXPECT_THAT(StatusesIn(Parsed("not (state=open and gid=a)")), SizeIs(5));
  EXPECT_THAT(StatusesIn(Parsed("state=failed and state=open")), IsEmpty());
}

TEST(FilterBounds, Modes) {
  EXPECT_THAT(ModesIn(Parsed("state=failed")), SizeIs(5));
  EXPECT_THAT(ModesIn(Parsed("mode=tcc or mode=xa")), ElementsAre(Mode::kTcc, Mode::kXa));
  EXPECT_THAT(ModesIn(Parsed("mode!=saga and age>1s")), SizeIs(4));
}

TEST(FilterBounds, AGid) {
  EXPECT_EQ(GidIn(Parsed("gid=order-1")), "order-1");
  EXPECT_EQ(GidIn(Parsed("state=open and gid=order-1")), "order-1");
  EXPECT_EQ(GidIn(Parsed("gid~order-1")), std::nullopt);
  EXPECT_EQ(GidIn(Parsed("not gid=order-1")), std::nullopt);
  EXPECT_EQ(GidIn(Parsed("gid=order-1 or gid=order-2")), std::nullopt);
}

TEST(FilterBounds, WhatCannotMatchWhateverElseItIs) {
  core::GlobalTransaction known;
  known.gid = "order-1";
  known.mode = Mode::kTcc;
  known.status = Status::kFailed;
  for (const std::string text :
       {"", "gid~order", "gid=order-1 and error~x", "dest~x", "not error~x", "gid~x or age>1s",
        "mode=tcc and state=ended", "not (gid~x and error~y)"})
    EXPECT_TRUE(MayMatch(Parsed(text), known)) << text;
  for (const std::string text :
       {"gid~x", "gid=order-2 and error~x", "not gid~order", "state=open or mode=xa",
        "(gid~x or mode=xa) and age>1s", "not (gid~order or error~y)"})
    EXPECT_FALSE(MayMatch(Parsed(text), known)) << text;
}

TEST(FilterBounds, WhoAsksAboutBranches) {
  for (const std::string text :
       {"", "state=open and mode=tcc", "age>1s or reason~x", "gid~x", "not definition=x"})
    EXPECT_FALSE(AsksAboutBranches(Parsed(text))) << text;
  for (const std::string text : {"dead=yes", "state=open and dest~x", "not (gid~x or attempts>3)",
                                 "op=action", "branch=01", "error~x", "fingerprint=12345678"})
    EXPECT_TRUE(AsksAboutBranches(Parsed(text))) << text;
}

}  // namespace
}  // namespace saga::adapter
