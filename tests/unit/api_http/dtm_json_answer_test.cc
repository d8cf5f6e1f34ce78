#include <regex>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using Json = nlohmann::json;

constexpr base::Time kCreated{1'714'979'289'012'345};  // 2024-05-06T07:08:09.012345Z

core::GlobalTransaction Message() {
  core::GlobalTransaction transaction;
  transaction.gid = "g1";
  transaction.mode = core::Mode::kMessage;
  transaction.status = core::Status::kSubmitted;
  transaction.create_time = kCreated;
  transaction.update_time = kCreated + base::Seconds(1);
  transaction.query_prepared = "http://b/q";
  core::Branch query{.branch_id = "00", .op = core::Op::kQuery, .target = "http://b/q"};
  core::Branch action{.branch_id = "01", .op = core::Op::kAction, .target = "http://b/a"};
  action.payload = base::MakeBytes("{\"amount\":30}");
  action.status = core::BranchStatus::kSucceed;
  action.finish_time = kCreated + base::Seconds(2);
  transaction.branches = {query, action};
  return transaction;
}

TEST(FormatTime, IsRfc3339WithOffsetAndMicroseconds) {
  EXPECT_EQ(FormatTime(kCreated), "2024-05-06T07:08:09.012345+00:00");
  EXPECT_EQ(FormatTime(base::Time{}), "1970-01-01T00:00:00.000000+00:00");
}

TEST(EncodeQuery, ShowsGlobalAndBranches) {
  const auto text = EncodeQuery(Message(), kCreated + base::Seconds(10));
  ASSERT_TRUE(text.ok());
  const Json expected = {
      {"transaction",
       {{"id", 0},
        {"gid", "g1"},
        {"trans_type", "msg"},
        {"status", "submitted"},
        {"protocol", "http"},
        {"query_prepared", "http://b/q"},
        {"concurrent", false},
        {"options", R"({"concurrent":false})"},
        {"create_time", "2024-05-06T07:08:09.012345+00:00"},
        {"update_time", "2024-05-06T07:08:10.012345+00:00"},
        {"next_cron_time", "2024-05-06T07:08:19.012345+00:00"}}},
      {"branches", Json::array({{{"id", 0},
                                 {"gid", "g1"},
                                 {"branch_id", "01"},
                                 {"op", "action"},
                                 {"status", "succeed"},
                                 {"url", "http://b/a"},
                                 {"bin_data", "eyJhbW91bnQiOjMwfQ=="},
                                 {"create_time", "2024-05-06T07:08:09.012345+00:00"},
                                 {"update_time", "2024-05-06T07:08:11.012345+00:00"},
                                 {"finish_time", "2024-05-06T07:08:11.012345+00:00"}}})}};
  EXPECT_EQ(Json::parse(*text), expected);
}

TEST(EncodeQuery, KeysAreSorted) {
  const auto text = EncodeQuery(Message(), base::kNever);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->rfind(R"({"branches":[{"bin_data":)", 0), 0u) << *text;
}

TEST(EncodeQuery, FlattensOptions) {
  core::GlobalTransaction transaction = Message();
  transaction.wait_result = true;
  transaction.concurrent = true;
  transaction.limited_retries = 2;
  transaction.custom_data = R"({"delay":10})";
  transaction.options = {.timeout_to_fail_s = 35,
                         .retry_interval_s = 15,
                         .request_timeout_s = 3,
                         .retry_limit = 4,
                         .branch_headers = {{"h", "v"}}};
  const Json shown = Json::parse(EncodeQuery(transaction, base::kNever).value())["transaction"];
  EXPECT_EQ(shown["wait_result"], true);
  EXPECT_EQ(shown["concurrent"], true);
  EXPECT_EQ(shown["timeout_to_fail"], 35);
  EXPECT_EQ(shown["retry_interval"], 15);
  EXPECT_EQ(shown["request_timeout"], 3);
  EXPECT_EQ(shown["retry_limit"], 4);
  EXPECT_EQ(shown["retry_count"], 2);
  EXPECT_EQ(shown["branch_headers"], Json({{"h", "v"}}));
  EXPECT_EQ(shown["custom_data"], R"({"delay":10})");
  EXPECT_EQ(Json::parse(shown["options"].get<std::string>())["timeout_to_fail"], 35);
  EXPECT_FALSE(shown.contains("next_cron_time"));
}

TEST(EncodeQuery, EndedOnesTellWhen) {
  core::GlobalTransaction transaction = Message();
  transaction.finish_time = kCreated + base::Seconds(3);
  transaction.status = core::Status::kSucceed;
  Json shown = Json::parse(EncodeQuery(transaction, base::kNever).value())["transaction"];
  EXPECT_EQ(shown["finish_time"], "2024-05-06T07:08:12.012345+00:00");
  EXPECT_FALSE(shown.contains("rollback_time"));
  transaction.status = core::Status::kFailed;
  transaction.rollback_reason = "no FAILURE";
  shown = Json::parse(EncodeQuery(transaction, base::kNever).value())["transaction"];
  EXPECT_EQ(shown["rollback_time"], "2024-05-06T07:08:12.012345+00:00");
  EXPECT_EQ(shown["rollback_reason"], "no FAILURE");
  EXPECT_FALSE(shown.contains("finish_time"));
}

TEST(EncodeQuery, BytesThatAreNoTextDoNotBreakIt) {
  core::GlobalTransaction transaction = Message();
  transaction.rollback_reason = "\xff\xfe";
  transaction.branches[1].payload = base::MakeBytes(std::string("\x00\xff\x01", 3));
  const Json shown = Json::parse(EncodeQuery(transaction, base::kNever).value());
  EXPECT_EQ(shown["branches"][0]["bin_data"], "AP8B");
  EXPECT_EQ(shown["transaction"]["rollback_reason"], "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(EncodeQuery, TooMuchPayloadIsNotShown) {
  core::GlobalTransaction transaction = Message();
  transaction.branches[1].payload = base::MakeBytes(std::string(1 << 20, 'x'));
  const core::Branch large = transaction.branches[1];
  for (int i = 0; i < 50; ++i) transaction.branches.push_back(large);
  const auto text = EncodeQuery(transaction, base::kNever);
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.status().message().find("kHttpAnswerSize"), std::string::npos);
}

TEST(EncodeQuery, UnknownGid) {
  EXPECT_EQ(EncodeQueryOfNone(), R"({"branches":[],"transaction":null})");
}

TEST(EncodeList, ArraysAreNeverNullButForAnUnknownGid) {
  EXPECT_EQ(EncodeList({}, ""), R"({"next_position":"","transactions":[]})");
  EXPECT_EQ(EncodeListOfNone("12"), R"({"next_position":"12","transactions":null})");
  const Json list = Json::parse(EncodeList({{.id = 7, .transaction = Message()}}, "7"));
  EXPECT_EQ(list["next_position"], "7");
  ASSERT_EQ(list["transactions"].size(), 1u);
  EXPECT_EQ(list["transactions"][0]["gid"], "g1");
}

}  // namespace
}  // namespace saga::api
