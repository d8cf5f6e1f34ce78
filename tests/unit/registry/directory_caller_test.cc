// Calls of participants by name: where they go, and what is told when they go nowhere.

#include "orchestrator/adapter/decorator/directory_caller.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace saga::adapter {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Notes calls and answers them as told, or keeps them.
class ScriptedCaller final : public port::BranchCaller {
 public:
  void Call(port::BranchCall call, Done done) override {
    calls.push_back(std::move(call));
    if (reply.has_value()) return done(*reply);
    waiting.push_back(std::move(done));
  }

  std::optional<port::BranchReply> reply;
  std::vector<port::BranchCall> calls;
  std::vector<Done> waiting;
};

class ScriptedDirectory final : public port::ParticipantDirectory {
 public:
  std::optional<port::ParticipantFacts> Facts(std::string_view) override { return std::nullopt; }
  absl::StatusOr<port::Pick> PickInstance(std::string_view target) override {
    asked.emplace_back(target);
    return pick;
  }
  void Finish(const port::Pick& finished_pick, bool reached) override {
    finished.emplace_back(finished_pick.instance, reached);
  }

  absl::StatusOr<port::Pick> pick =
      port::Pick{core::Protocol::kGrpc, "h:1/product.v1.Product/Deduct", "product/h:1"};
  std::vector<std::string> asked;
  std::vector<std::pair<std::string, bool>> finished;
};

class DirectoryCallerTest : public testing::Test {
 protected:
  port::BranchReply Call(const std::string& target) {
    port::BranchCall call;
    call.gid = "g";
    call.protocol = core::Protocol::kHttp;
    call.target = target;
    port::BranchReply got;
    int dones = 0;
    caller_.Call(std::move(call), [&](port::BranchReply reply) {
      got = std::move(reply);
      ++dones;
    });
    EXPECT_EQ(dones, 1);
    return got;
  }

  ScriptedCaller below_;
  ScriptedDirectory directory_;
  DirectoryCaller caller_{below_, directory_};
};

TEST_F(DirectoryCallerTest, ANameBecomesAnInstance) {
  below_.reply = port::BranchReply{core::Outcome::kFailure, "no"};
  EXPECT_EQ(Call("participant://product/Deduct").text, "no");
  EXPECT_THAT(directory_.asked, ElementsAre("participant://product/Deduct"));
  ASSERT_EQ(below_.calls.size(), 1u);
  EXPECT_EQ(below_.calls[0].target, "h:1/product.v1.Product/Deduct");
  EXPECT_EQ(below_.calls[0].protocol, core::Protocol::kGrpc);
  EXPECT_EQ(below_.calls[0].gid, "g");
  EXPECT_THAT(directory_.finished, ElementsAre(Pair("product/h:1", true)));
}

TEST_F(DirectoryCallerTest, ACallThatReachedNobodyIsToldAsThat) {
  for (const port::Reach reach : {port::Reach::kUnreachable, port::Reach::kTimedOut}) {
    directory_.finished.clear();
    below_.reply = port::BranchReply{core::Outcome::kUnknown, "gone", reach};
    EXPECT_EQ(Call("participant://product/Deduct").reach, reach);
    EXPECT_THAT(directory_.finished, ElementsAre(Pair("product/h:1", false)));
  }
}

TEST_F(DirectoryCallerTest, OtherTargetsPassUntouched) {
  below_.reply = port::BranchReply{core::Outcome::kSuccess, ""};
  EXPECT_EQ(Call("http://participant/x").outcome, core::Outcome::kSuccess);
  EXPECT_EQ(below_.calls.at(0).target, "http://participant/x");
  EXPECT_EQ(below_.calls.at(0).protocol, core::Protocol::kHttp);
  EXPECT_THAT(directory_.asked, IsEmpty());
  EXPECT_THAT(directory_.finished, IsEmpty());
}

TEST_F(DirectoryCallerTest, NobodyToCallIsUnknownAndUnreachable) {
  for (const absl::Status& status :
       {absl::NotFoundError("no such"), absl::UnavailableError("none alive")}) {
    directory_.pick = status;
    const port::BranchReply reply = Call("participant://product/Deduct");
    EXPECT_EQ(reply.outcome, core::Outcome::kUnknown);
    EXPECT_EQ(reply.text, std::string(status.message()));
    EXPECT_EQ(reply.reach, port::Reach::kUnreachable);
    EXPECT_EQ(reply.hopeless, core::DeadReason::kNone);
  }
  EXPECT_THAT(below_.calls, IsEmpty());
  EXPECT_THAT(directory_.finished, IsEmpty());
}

TEST_F(DirectoryCallerTest, AnOperationThatNobodyHasIsHopeless) {
  directory_.pick = absl::UnimplementedError("no operation");
  const port::BranchReply reply = Call("participant://product/Deduct");
  EXPECT_EQ(reply.outcome, core::Outcome::kUnknown);
  EXPECT_EQ(reply.hopeless, core::DeadReason::kUnknownMethod);
  EXPECT_EQ(reply.reach, port::Reach::kAnswered);
  EXPECT_THAT(below_.calls, IsEmpty());
}

TEST(DirectoryCallerEnd, CallsThatAreOutOutliveIt) {
  ScriptedCaller below;
  ScriptedDirectory directory;
  bool done = false;
  {
    DirectoryCaller caller(below, directory);
    port::BranchCall call;
    call.target = "participant://product/Deduct";
    caller.Call(std::move(call), [&](port::BranchReply) { done = true; });
  }
  ASSERT_EQ(below.waiting.size(), 1u);
  below.waiting[0](port::BranchReply{core::Outcome::kSuccess, ""});
  EXPECT_TRUE(done);
  EXPECT_THAT(directory.finished, ElementsAre(Pair("product/h:1", true)));
}

}  // namespace
}  // namespace saga::adapter
