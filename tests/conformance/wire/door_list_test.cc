// The list of transactions (protocol 1.2 "all", 2.2): filters, pages and the answer's shape.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

class List : public DoorTest {
 protected:
  static nlohmann::json All(const std::string& query) {
    const HttpAnswer answer = Get("all?" + query);
    EXPECT_EQ(answer.status, 200) << query << ": " << answer.body;
    EXPECT_TRUE(HasJsonType(answer));
    EXPECT_EQ(answer.json().size(), 2U);
    EXPECT_TRUE(answer.json()["next_position"].is_string());
    return answer.json();
  }

  static std::vector<std::string> GidsOf(const nlohmann::json& page) {
    std::vector<std::string> gids;
    for (const nlohmann::json& global : page["transactions"]) gids.push_back(global["gid"]);
    return gids;
  }

  // Every gid, read in pages of `limit`.
  static std::vector<std::string> Pages(int limit) {
    std::vector<std::string> gids;
    std::string position;
    for (int page = 0; page < 1000; ++page) {
      const nlohmann::json answer =
          All(absl::StrCat("limit=", limit, "&position=", UrlEncode(position)));
      const std::vector<std::string> part = GidsOf(answer);
      EXPECT_LE(part.size(), static_cast<size_t>(limit));
      gids.insert(gids.end(), part.begin(), part.end());
      position = answer["next_position"];
      if (position.empty()) return gids;
    }
    ADD_FAILURE() << "the pages do not end";
    return gids;
  }

  static std::string Milliseconds(absl::Time time) {
    return absl::StrCat(absl::ToUnixMillis(time));
  }
};

// An empty list is a list (11.2 #7). A server of its own, because this one fills up.
TEST_F(List, Nothing) {
  const Server empty;
  const HttpAnswer answer = Http(empty.http(), "GET", "/api/dtmsvr/all");
  EXPECT_EQ(answer.body, R"({"next_position":"","transactions":[]})");
}

// The port of TestAPIAll.
TEST_F(List, PagesAndFilters) {
  const absl::Time start = absl::Now() - absl::Seconds(1);
  std::vector<std::string> gids;
  for (int i = 0; i < 3; ++i) {
    gids.push_back(NewGid("all"));
    nlohmann::json body = Message(gids.back(), "/ok");
    body["wait_result"] = true;
    ASSERT_THAT(Post("submit", body), IsSuccess());
  }
  const nlohmann::json first = All("limit=1");
  EXPECT_EQ(first["transactions"].size(), 1U);
  const std::string next = first["next_position"];
  EXPECT_NE(next, "");

  const nlohmann::json exact = All("gid=" + gids[0]);
  ASSERT_EQ(GidsOf(exact), std::vector<std::string>{gids[0]});

  const nlohmann::json second = All("limit=1&position=" + UrlEncode(next));
  EXPECT_NE(second["next_position"], "");
  EXPECT_NE(second["next_position"], next);
  EXPECT_NE(GidsOf(second), GidsOf(first));
  const nlohmann::json rest =
      All("limit=1000&position=" + UrlEncode(second["next_position"].get<std::string>()));
  EXPECT_EQ(rest["next_position"], "");

  const std::string filter =
      absl::StrCat("status=succeed&transType=msg&limit=1000&createTimeStart=", Milliseconds(start),
                   "&createTimeEnd=", Milliseconds(absl::Now() + absl::Seconds(1)));
  const nlohmann::json matching = All(filter);
  EXPECT_GE(matching["transactions"].size(), 3U);
  EXPECT_EQ(matching["next_position"], "");
  for (const nlohmann::json& global : matching["transactions"]) {
    EXPECT_EQ(global["status"], "succeed");
    EXPECT_EQ(global["trans_type"], "msg");
  }
  const nlohmann::json past =
      All(absl::StrCat("createTimeStart=", Milliseconds(start - absl::Hours(2)),
                       "&createTimeEnd=", Milliseconds(start - absl::Hours(1))));
  EXPECT_TRUE(past["transactions"].is_array());
  EXPECT_EQ(past["transactions"].size(), 0U);
  EXPECT_EQ(past["next_position"], "");
}

TEST_F(List, EachFilter) {
  const std::string prepared = Open("tcc", "prepared");
  const std::string failed = Open("msg", "failed");
  const auto has = [](const nlohmann::json& page, const std::string& gid) {
    const std::vector<std::string> gids = GidsOf(page);
    return std::find(gids.begin(), gids.end(), gid) != gids.end();
  };
  EXPECT_TRUE(has(All("limit=1000&status=prepared"), prepared));
  EXPECT_FALSE(has(All("limit=1000&status=prepared"), failed));
  EXPECT_TRUE(has(All("limit=1000&status=failed"), failed));
  EXPECT_TRUE(has(All("limit=1000&transType=tcc"), prepared));
  EXPECT_FALSE(has(All("limit=1000&transType=tcc"), failed));
  EXPECT_FALSE(has(All("limit=1000&transType=tcc&status=failed"), prepared));
  EXPECT_TRUE(has(All("limit=1000&transType=&status=&createTimeStart=&createTimeEnd="), prepared));
  const std::string later = Milliseconds(absl::Now() + absl::Hours(1));
  EXPECT_EQ(All("createTimeStart=" + later)["transactions"].size(), 0U);
  EXPECT_TRUE(has(All("limit=1000&createTimeEnd=" + later), prepared));
  EXPECT_EQ(All("status=nonsense")["transactions"], nlohmann::json::array());
  EXPECT_EQ(All("transType=nonsense")["transactions"], nlohmann::json::array());
}

TEST_F(List, AGidIgnoresEverythingElse) {
  const std::string gid = Open("tcc", "prepared");
  const nlohmann::json page =
      All(absl::StrCat("gid=", gid, "&status=failed&transType=saga&limit=7&position=there"));
  EXPECT_EQ(GidsOf(page), std::vector<std::string>{gid});
  EXPECT_EQ(page["next_position"], "there");
  EXPECT_EQ(Get("all?gid=nobody").body, R"({"next_position":"","transactions":null})");
}

TEST_F(List, EntriesAreTransactionsWithoutBranches) {
  const std::string gid = Open("saga", "succeed");
  const nlohmann::json page = All("gid=" + gid);
  EXPECT_EQ(page["transactions"][0], Query(gid)["transaction"]);
  EXPECT_FALSE(page["transactions"][0].contains("branches"));
}

TEST_F(List, PagesHaveEverythingOnce) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    expected.push_back(NewGid("page"));
    ASSERT_THAT(Post("prepare", Bare("tcc", expected.back())), IsSuccess());
  }
  for (const int limit : {1, 7, 1000}) {
    std::vector<std::string> all = Pages(limit);
    std::vector<std::string> ours;
    std::copy_if(all.begin(), all.end(), std::back_inserter(ours),
                 [](const std::string& gid) { return gid.rfind("page-", 0) == 0; });
    if (!Differs("list-newest-first", server())) {
      EXPECT_EQ(std::vector<std::string>(ours.rbegin(), ours.rend()), expected) << limit;
    }
    EXPECT_THAT(ours, testing::UnorderedElementsAreArray(expected)) << limit;
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << limit;
  }
}

TEST_F(List, APageHas100IfNotSaidOtherwise) {
  for (int i = 0; i < 101; ++i) {
    ASSERT_THAT(Post("prepare", Bare("tcc", NewGid("hundred"))), IsSuccess());
  }
  const nlohmann::json page = All("");
  EXPECT_EQ(page["transactions"].size(), 100U);
  EXPECT_NE(page["next_position"], "");
}

TEST_F(List, LastPageThatIsFull) {
  const Server own;
  for (const char* gid : {"a", "b"}) {
    ASSERT_THAT(Http(own.http(), "POST", "/api/dtmsvr/prepare", Bare("tcc", gid).dump()),
                IsSuccess());
  }
  const nlohmann::json page = Http(own.http(), "GET", "/api/dtmsvr/all?limit=2").json();
  EXPECT_EQ(page["transactions"].size(), 2U);
  EXPECT_EQ(page["next_position"].get<std::string>().empty(), !Differs("last-page", own));
}

TEST_F(List, LimitsThatAreNone) {
  const Server empty;
  for (const char* limit : {"0", "-1"}) {
    const std::string path = absl::StrCat("/api/dtmsvr/all?limit=", limit);
    const HttpAnswer answer = Http(empty.http(), "GET", path);
    EXPECT_EQ(answer.status, Differs("page-limit", empty) ? 500 : 200) << limit;
    Open("tcc", "prepared");
    EXPECT_EQ(Get(absl::StrCat("all?limit=", limit)).status, 200);
  }
}

// A workflow that has ended stays where it was in time (11.1 #14).
TEST_F(List, EndedWorkflowInATimeWindow) {
  const Server own;
  const std::string start = Milliseconds(absl::Now() - absl::Seconds(1));
  const nlohmann::json body = Bare("workflow", "flow");
  Http(own.http(), "POST", "/api/dtmsvr/prepareWorkflow", body.dump());
  nlohmann::json end = body;
  end["req_extra"] = {{"status", "succeed"}};
  ASSERT_THAT(Http(own.http(), "POST", "/api/dtmsvr/submit", end.dump()), IsSuccess());
  const HttpAnswer answer = Http(own.http(), "GET", "/api/dtmsvr/all?createTimeStart=" + start);
  if (Differs("list-keeps-all", own)) {
    EXPECT_EQ(answer.status, 500);
  } else {
    EXPECT_EQ(answer.json()["transactions"].size(), 1U);
  }
}

}  // namespace
}  // namespace saga::conformance
