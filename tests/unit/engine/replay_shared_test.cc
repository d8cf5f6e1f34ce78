// Replay jobs on a store that several nodes share: one node works on a job, any of them starts,
// describes and stops it, and another takes it up when its node is gone.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/engine/replay_jobs.h"
#include "tests/simulation/shared_store.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/world.h"

namespace saga::engine {
namespace {

class ReplayShared : public ::testing::Test {
 protected:
  // A process with an engine of which only the answers are seen.
  struct Node : ReplayTarget {
    Node(ReplayShared* test, const std::string& name)
        : test(test),
          store(test->shared_.Join(name, name)),
          executor(&test->world_, [](const std::string&) { return base::Micros(10); }),
          jobs({.store = &store->jobs(),
                .target = this,
                .clock = &test->world_,
                .entropy = &test->world_,
                .executor = &executor,
                .shared = true}) {
      jobs.Start();
    }
    ~Node() override { *alive = false; }

    void Replay(const std::string& gid, core::DeadLetterAct, Reply reply) override {
      ++test->replays_[gid];
      Later(gid, std::move(reply));
    }
    void WaitForBranch(const std::string& gid, const std::string&, core::Op, Reply reply) override {
      Later(gid, std::move(reply));
    }
    void Later(const std::string& gid, Reply reply) {
      auto kept = std::make_shared<Reply>(std::move(reply));
      test->world_.After(base::Millis(200), [gid, kept, alive = alive] {
        if (!*alive) return;
        Answer answer;
        answer.transaction.gid = gid;
        core::Branch row;
        row.branch_id = "01";
        row.status = core::BranchStatus::kSucceed;
        row.deaths = 1;
        answer.transaction.branches.push_back(row);
        answer.last_row = 0;
        (*kept)(std::move(answer));
      });
    }

    ReplayShared* const test;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    std::unique_ptr<simulation::SharedStore::Node> store;
    simulation::SimExecutor executor;
    ReplayJobs jobs;
  };

  void Start(const std::string& name) { nodes_[name] = std::make_unique<Node>(this, name); }
  Node& At(const std::string& name) { return *nodes_.at(name); }

  // Time passes, in which the nodes keep their leases.
  void Run(int seconds) {
    for (; seconds > 0; --seconds) {
      for (auto& [name, node] : nodes_) EXPECT_TRUE(node->store->NextDue().ok());
      world_.RunUntil(world_.Now() + base::Seconds(1), [] { return false; });
    }
  }
  std::string Select(const std::string& name, int items) {
    std::vector<port::JobItem> letters;
    for (int i = 0; i < items; ++i)
      letters.push_back({.gid = absl::StrCat("g", i), .branch_id = "01", .death = 1});
    const auto view = At(name).jobs.Create("all", std::move(letters));
    EXPECT_TRUE(view.ok()) << view.status();
    return view->job.token;
  }
  absl::Status Execute(const std::string& name, const std::string& token, double rate = 10) {
    absl::Status said = absl::UnknownError("no answer");
    At(name).jobs.Execute(token, {.rate = rate}, "ann", "why",
                          [&](absl::StatusOr<JobView> view) { said = view.status(); });
    world_.RunUntil(world_.Now() + base::Millis(1), [] { return false; });
    return said;
  }
  absl::Status Stop(const std::string& name, const std::string& token) {
    absl::Status said = absl::UnknownError("no answer");
    At(name).jobs.Stop(token, "enough",
                       [&](absl::StatusOr<JobView> view) { said = view.status(); });
    world_.RunUntil(world_.Now() + base::Millis(1), [] { return false; });
    return said;
  }
  JobView View(const std::string& name, const std::string& token) {
    const auto view = At(name).jobs.Describe(token);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(JobView());
  }

  simulation::World world_{1};
  simulation::SharedStore shared_{&world_, base::Seconds(5)};
  std::map<std::string, int> replays_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
};

TEST_F(ReplayShared, AJobIsExecutedOnceAndSeenEverywhere) {
  Start("a");
  Start("b");
  Run(2);
  const std::string token = Select("a", 20);
  EXPECT_TRUE(Execute("b", token).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Execute("a", token)));
  EXPECT_EQ(View("a", token).job.state, port::JobState::kRunning);
  Run(20);
  EXPECT_EQ(View("a", token).job.state, port::JobState::kDone);
  EXPECT_EQ(View("a", token).counts.done, 20u);
  EXPECT_EQ(replays_.size(), 20u);
  for (const auto& [gid, times] : replays_) EXPECT_EQ(times, 1) << gid;
}

TEST_F(ReplayShared, AJobOfANodeThatIsGoneIsTakenUp) {
  Start("a");
  Start("b");
  Run(2);
  const std::string token = Select("a", 40);
  ASSERT_TRUE(Execute("a", token, 5).ok());
  Run(3);
  ASSERT_GT(View("b", token).counts.done, 0u);
  nodes_.erase("a");
  Run(30);
  EXPECT_EQ(View("b", token).job.state, port::JobState::kDone);
  EXPECT_EQ(View("b", token).counts.done, 40u);
}

TEST_F(ReplayShared, AnyNodeStopsAJob) {
  Start("a");
  Start("b");
  Run(2);
  const std::string token = Select("a", 100);
  ASSERT_TRUE(Execute("a", token, 5).ok());
  Run(3);
  EXPECT_TRUE(Stop("b", token).ok());
  Run(5);
  EXPECT_EQ(View("b", token).job.state, port::JobState::kStopped);
  EXPECT_EQ(View("b", token).job.stop_reason, "enough");
  EXPECT_LT(replays_.size(), 30u);
  EXPECT_TRUE(absl::IsFailedPrecondition(Stop("b", token)));
  EXPECT_TRUE(absl::IsFailedPrecondition(Stop("a", token)));
}

TEST_F(ReplayShared, ANodeThatLostItsLeaseLetsGoOfItsJob) {
  Start("a");
  Start("b");
  Run(2);
  const std::string token = Select("a", 60);
  ASSERT_TRUE(Execute("a", token, 5).ok());
  Run(2);
  // Its store does not renew: as a process whose database was away for it alone.
  for (int second = 0; second < 8; ++second) {
    EXPECT_TRUE(At("b").store->NextDue().ok());
    (void)At("b").store->jobs().ClaimJobs();
    world_.RunUntil(world_.Now() + base::Seconds(1), [] { return false; });
  }
  Run(60);
  EXPECT_EQ(View("a", token).job.state, port::JobState::kDone);
  EXPECT_EQ(View("a", token).counts.done, 60u);
}

}  // namespace
}  // namespace saga::engine
