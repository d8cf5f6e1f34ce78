// Concurrent sagas and their orders (protocol 5.3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class SagaConcurrent : public ModeTest {
 protected:
  Json Concurrent(const Json& orders = nullptr, const Json& more = Json::object()) const {
    Json body = Saga({{"custom_data", Json{{"concurrent", true}, {"orders", orders}}.dump()}});
    body.update(more);
    return body;
  }

  size_t Place(const std::string& name) const {
    const std::vector<std::string> names = CallNames();
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  }
};

TEST_F(SagaConcurrent, AllActionsAreCalled) {
  ASSERT_TRUE(IsSuccess(Post("submit", Concurrent())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(CallNames(), UnorderedElementsAre("01 action", "02 action"));
}

TEST_F(SagaConcurrent, NobodyWaitsForASlowOne) {
  Answers("out", {Ongoing()});
  EXPECT_TRUE(IsFailure(Post("submit", Concurrent(nullptr, {{"wait_result", true}})), kNotYet));
  EXPECT_EQ(Rows(), "PPPS");
  EXPECT_EQ(Status(), "submitted");
  Answers("out", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_EQ(CountCalls("02 action"), 1u);
}

TEST_F(SagaConcurrent, AFailureUndoesWhatWasCalled) {
  Answers("out", {Failure()});
  Answers("out-undo", {Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Concurrent())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("01 compensate"), 2u);
  EXPECT_EQ(CountCalls("02 compensate"), 1u);
  EXPECT_EQ(Rows().substr(0, 3), "SFS");
}

TEST_F(SagaConcurrent, AStepWaitsForThoseItIsOrderedAfter) {
  Answers("in", {Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Concurrent({{"0", {1}}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("02 action", "02 action", "01 action"));
}

TEST_F(SagaConcurrent, AStepBehindTheFailedOneIsNotTouched) {
  Answers("out", {Failure()});
  ASSERT_TRUE(IsSuccess(Post("submit", Concurrent({{"1", {0}}}))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SFPP");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "01 compensate"));
}

TEST_F(SagaConcurrent, UndoingGoesAgainstTheOrder) {
  Answers("in", {Failure()});
  ASSERT_TRUE(IsSuccess(Post("submit", Concurrent({{"1", {0}}}))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
}

// 3 after 1 and 2; the fourth is on its own.
TEST_F(SagaConcurrent, ADiamondIsWalkedBothWays) {
  Json steps = Json::array();
  for (const char* const name : {"a", "b", "c", "d"}) {
    steps.push_back({{"action", Url(name)}, {"compensate", Url(absl::StrCat(name, "-undo"))}});
  }
  Answers("d", {Failure()});
  ASSERT_TRUE(IsSuccess(Post(
      "submit", Concurrent({{"1", {0}}, {"2", {0}}, {"3", {1, 2}}},
                           {{"steps", steps}, {"payloads", {kPayload, "", "null", kPayload}}}))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSSSSSF");
  ASSERT_EQ(Calls().size(), 8u);
  EXPECT_EQ(Place("01 action"), 0u);
  EXPECT_EQ(Place("04 action"), 3u);
  EXPECT_EQ(Place("04 compensate"), 4u);
  EXPECT_EQ(Place("01 compensate"), 7u);
}

// Orders count in a serial saga too, beside its own.
TEST_F(SagaConcurrent, OrdersOfASerialSagaAreKept) {
  ASSERT_TRUE(IsSuccess(
      Post("submit",
           Saga({{"custom_data", Json{{"concurrent", false}, {"orders", {{"1", {0}}}}}.dump()}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

// Over HTTP the flag of a saga is in custom_data and only there.
TEST_F(SagaConcurrent, TheTopLevelFlagIsForMessages) {
  Answers("out", {Ongoing()});
  EXPECT_TRUE(
      IsFailure(Post("submit", Saga({{"concurrent", true}, {"wait_result", true}})), kNotYet));
  EXPECT_EQ(Rows(), "PPPP");
  EXPECT_THAT(CallNames(), ElementsAre("01 action"));
}

}  // namespace
}  // namespace saga::conformance
