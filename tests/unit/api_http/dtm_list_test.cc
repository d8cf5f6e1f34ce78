#include "orchestrator/api/dtm_list.h"

#include "gtest/gtest.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

absl::StatusOr<ListQuery> Read(const std::string& query) {
  HttpRequest request;
  EXPECT_TRUE(ReadTarget("/all?" + query, request).ok());
  return ReadListQuery(request);
}

TEST(ReadListQuery, DefaultsToTheNewestHundred) {
  const auto list = Read("");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->filter.limit, 100u);
  EXPECT_EQ(list->filter.before_id, 0u);
  EXPECT_TRUE(list->filter.statuses.empty());
  EXPECT_TRUE(list->filter.modes.empty());
  EXPECT_FALSE(list->filter.created_from.IsSet());
  EXPECT_FALSE(list->filter.created_to.IsSet());
  EXPECT_FALSE(list->matches_none);
}

TEST(ReadListQuery, ReadsEveryFilter) {
  const auto list = Read(
      "position=77&limit=5&status=succeed&transType=msg&createTimeStart=1700000000001&"
      "createTimeEnd=1700000000002");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->filter.before_id, 77u);
  EXPECT_EQ(list->filter.limit, 5u);
  EXPECT_EQ(list->filter.statuses, std::vector{core::Status::kSucceed});
  EXPECT_EQ(list->filter.modes, std::vector{core::Mode::kMessage});
  EXPECT_EQ(list->filter.created_from.micros, 1700000000001000);
  EXPECT_EQ(list->filter.created_to.micros, 1700000000002999);
}

TEST(ReadListQuery, GidMakesEverythingElseMeaningless) {
  const auto list = Read("gid=a%3Bb%0A&limit=x&position=12");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->gid, "a;b\n");
  EXPECT_EQ(list->position, "12");
}

TEST(ReadListQuery, RefusesNumbersThatAreNone) {
  for (const char* query : {"limit=x", "limit=1.5", "position=abc", "createTimeStart=yesterday",
                            "createTimeEnd=1e3", "limit=99999999999999999999"}) {
    const auto list = Read(query);
    ASSERT_FALSE(list.ok()) << query;
    const std::string text = std::string(query).substr(std::string(query).find('=') + 1);
    EXPECT_EQ(list.status().message(), "convert to int error: " + text);
  }
}

TEST(ReadListQuery, KeepsPagesWithinTheLimit) {
  for (const char* query : {"limit=0", "limit=-1", "limit=1001", "limit=9000000000"}) {
    EXPECT_EQ(Read(query)->filter.limit, core::kHttpMaxPage) << query;
  }
  EXPECT_EQ(Read("limit=1000")->filter.limit, 1000u);
}

TEST(ReadListQuery, KnowsWhatCannotMatch) {
  for (const char* query : {"status=unheard", "transType=unheard", "position=0",
                            "position=-5", "position=1", "createTimeEnd=-1"}) {
    EXPECT_TRUE(Read(query)->matches_none) << query;
  }
  EXPECT_FALSE(Read("position=2")->matches_none);
}

TEST(ReadListQuery, FarTimesDoNotOverflow) {
  const auto list = Read("createTimeStart=9223372036854775807&createTimeEnd=9223372036854775807");
  ASSERT_TRUE(list.ok());
  EXPECT_GT(list->filter.created_from.micros, 0);
  EXPECT_GT(list->filter.created_to.micros, list->filter.created_from.micros);
}

}  // namespace
}  // namespace saga::api
