// Where DTM loses or repeats work because of a submit, and sagad does not (protocol 11.1 #1, #2;
// several submits of one gid).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class BetterSubmit : public ModeTest {
 protected:
  std::string SubmitError(const Json& body) {
    const HttpAnswer answer = Post("submit", body);
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(answer.json().value("dtm_result", ""), "FAILURE");
    return answer.json().value("message", "");
  }

  // Fifty clients that submit the same at once; how many heard that it is fine.
  int SubmitAtOnce(const Json& body) {
    std::vector<std::thread> threads;
    std::vector<int> statuses(50);
    for (int& status : statuses)
      threads.emplace_back([&] { status = Post("submit", body).status; });
    for (std::thread& thread : threads) thread.join();
    return static_cast<int>(std::count(statuses.begin(), statuses.end(), 200));
  }

  // Of a prepared transaction of one branch, whose second phase is called at `path`.
  void SecondSubmitKeepsWhatIsOwed(const std::string& mode, const std::string& path) {
    Answers(path, {Broken()});
    EXPECT_EQ(Post("submit", Body(mode, {{"wait_result", true}})).status, 500);
    ASSERT_TRUE(IsSuccess(Post("submit", Body(mode))));
    if (Differs("submit-starts-over", server())) {
      ASSERT_TRUE(Ends("succeed"));
      EXPECT_EQ(Rows(), "PP") << "its second phase was never called again";
      return;
    }
    EXPECT_EQ(Status(), "submitted");
    Answers(path, {{}});
    ASSERT_TRUE(Ends("succeed"));
    EXPECT_EQ(Rows(), "PS");
  }
};

// #1: DTM lets go of the confirms that are still owed.
TEST_F(BetterSubmit, ASecondSubmitOfATccKeepsItsConfirms) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("tcc"))));
  ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch("01"))));
  SecondSubmitKeepsWhatIsOwed("tcc", "confirm-01");
}

TEST_F(BetterSubmit, ASecondSubmitOfAnXaKeepsItsCommits) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("xa"))));
  ASSERT_TRUE(IsSuccess(
      Post("registerBranch",
           Json{{"gid", gid()}, {"trans_type", "xa"}, {"branch_id", "01"}, {"url", Url("xa")}})));
  SecondSubmitKeepsWhatIsOwed("xa", "xa");
}

// #1: DTM calls what is done once more.
TEST_F(BetterSubmit, ASecondSubmitOfASagaRepeatsNothing) {
  Answers("in", {Ongoing(), Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Called(2));
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Ends("succeed"));
  if (Differs("submit-starts-over", server())) {
    EXPECT_GT(CountCalls("01 action"), 1u);
  } else {
    EXPECT_EQ(CountCalls("01 action"), 1u);
  }
}

TEST_F(BetterSubmit, ASecondSubmitOfAMessageRepeatsNothing) {
  Answers("second", {Ongoing(), Ongoing(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  ASSERT_TRUE(Called(2));
  ASSERT_TRUE(IsSuccess(Post("submit", Msg())));
  ASSERT_TRUE(Ends("succeed"));
  if (Differs("submit-starts-over", server())) {
    EXPECT_GT(CountCalls("01 action"), 1u);
  } else {
    EXPECT_EQ(CountCalls("01 action"), 1u);
  }
}

TEST_F(BetterSubmit, FiftyAtOnceCallEachBranchOnce) {
  // Slow enough that all of them come while it is under way.
  const Reply slow = {.delay = absl::Milliseconds(500)};
  Answers("out", {slow});
  const int fine = SubmitAtOnce(Saga());
  ASSERT_TRUE(Ends("succeed"));
  if (Differs("concurrent-submits", server())) {
    EXPECT_GT(Calls().size(), 2u);
  } else {
    EXPECT_EQ(fine, 50);
    EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  }
}

TEST_F(BetterSubmit, FiftyAtOnceCallEachBranchOfAMessageOnce) {
  const Reply slow = {.delay = absl::Milliseconds(500)};
  Answers("first", {slow});
  const int fine = SubmitAtOnce(Msg());
  ASSERT_TRUE(Ends("succeed"));
  if (Differs("concurrent-submits", server())) {
    EXPECT_GT(Calls().size(), 2u);
  } else {
    EXPECT_EQ(fine, 50);
    EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  }
}

// A gid that is used twice by mistake. Whatever is said, it begins with what clients know.
TEST_F(BetterSubmit, AGidOfOtherContentIsToldAsSuch) {
  const std::string known = "current status 'succeed', cannot sumbmit";
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_EQ(SubmitError(Saga()), known + ". FAILURE");
  const Json other_payloads = Saga({{"payloads", {kPayload, R"({"amount":31})"}}});
  const Json other_mode = Msg();
  for (const Json& other : {other_payloads, other_mode}) {
    const std::string message = SubmitError(other);
    EXPECT_THAT(message, testing::StartsWith(known));
    EXPECT_THAT(message, testing::EndsWith("FAILURE"));
    if (Differs("other-content", server())) {
      EXPECT_EQ(message, known + ". FAILURE");
    } else {
      EXPECT_THAT(message, testing::HasSubstr("other content"));
    }
  }
  EXPECT_EQ(Calls().size(), 2u);
}

TEST_F(BetterSubmit, OverGrpcAGidOfOtherContentIsToldAsSuch) {
  const std::string known = "current status 'succeed', cannot sumbmit";
  dtmgimp::DtmRequest request = GrpcSaga();
  request.mutable_transoptions()->set_waitresult(true);
  ASSERT_EQ(Rpc("Submit", request).code, 0);
  EXPECT_EQ(Rpc("Submit", request).message, known + ". FAILURE");
  request.set_binpayloads(1, "other");
  const GrpcAnswer answer = Rpc("Submit", request);
  EXPECT_EQ(answer.code, 10);
  EXPECT_THAT(answer.message, testing::StartsWith(known));
  if (Differs("other-content", server())) {
    EXPECT_EQ(answer.message, known + ". FAILURE");
  } else {
    EXPECT_THAT(answer.message, testing::HasSubstr("other content"));
  }
}

// #2: DTM begins no step when its pass is five seconds old.
TEST_F(BetterSubmit, ALongSerialSagaIsWaitedForToItsEnd) {
  const Reply slow = {.delay = absl::Seconds(2)};
  Json body = Saga({{"wait_result", true}});
  for (const char* const name : {"third", "fourth"}) {
    body["steps"].push_back({{"action", Url(name)}, {"compensate", ""}});
    body["payloads"].push_back(kPayload);
  }
  for (const char* const name : {"out", "in", "third"}) Answers(name, {slow});
  const HttpAnswer answer = Post("submit", body);
  if (Differs("pass-limit", server())) {
    EXPECT_TRUE(IsFailure(answer, kNotYet)) << "though nothing failed";
  } else {
    EXPECT_TRUE(IsSuccess(answer));
  }
  ASSERT_TRUE(Ends("succeed"));
}

// Order 1 of a shop while its order 10 is open.
TEST_F(BetterSubmit, AGidThatBeginsAnotherHasItsOwnBranches) {
  const std::string one = gid() + "-1";
  const std::string ten = gid() + "-10";
  const auto submit = [&](const std::string& gid, const std::string& name) {
    Answers(name, {Ongoing()});
    EXPECT_TRUE(IsSuccess(
        Post("submit", Saga({{"gid", gid}, {"steps", Json::array({{{"action", Url(name)}}})}}))));
    EXPECT_TRUE(recorder().WaitForCalls(gid, 1, absl::Minutes(1)));
  };
  submit(ten, "ten");
  submit(one, "one");
  if (Differs("prefix-gids", server())) {
    EXPECT_TRUE(EndsAs(one, "succeed")) << "its only branch never said so";
  } else {
    EXPECT_EQ(StatusOf(ten), "submitted");
    EXPECT_TRUE(recorder().WaitForCalls(one, 2, absl::Minutes(1)));
    EXPECT_EQ(StatusOf(one), "submitted");
    EXPECT_EQ(RowsOf(one), "PP");
    Answers("one", {{}});
    EXPECT_TRUE(EndsAs(one, "succeed"));
    EXPECT_EQ(RowsOf(one), "PS");
  }
  Answers("ten", {{}});
  EXPECT_TRUE(EndsAs(ten, "succeed"));
}

}  // namespace
}  // namespace saga::conformance
