// Jobs: what was selected stays selected, and every item is counted in exactly one state.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using port::ItemState;
using port::Job;
using port::JobItem;
using port::JobState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}

Job Selected(const std::string& token, base::Time now = At(1)) {
  return {.token = token, .filter = "dest~product", .create_time = now};
}

std::vector<JobItem> Items(uint32_t count) {
  std::vector<JobItem> items;
  for (uint32_t i = 0; i < count; ++i) {
    items.push_back({.number = i,
                     .gid = absl::StrCat("order-", i),
                     .branch_id = "01",
                     .op = i % 2 == 0 ? core::Op::kCompensate : core::Op::kCancel,
                     .death = i + 1,
                     .text = i % 3 == 0 ? "" : "text"});
  }
  return items;
}

class JobContract : public StoreContract {
 protected:
  port::JobCounts Counts(const std::string& token) {
    const auto counts = jobs().CountItems(token);
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.value_or(port::JobCounts());
  }
  std::vector<JobItem> Listed(const std::string& token, uint32_t from = 0, size_t limit = 1000000,
                              std::optional<ItemState> state = std::nullopt) {
    auto items = jobs().ListItems(token, from, limit, state);
    EXPECT_TRUE(items.ok()) << items.status();
    return items.ok() ? *std::move(items) : std::vector<JobItem>();
  }
  std::vector<std::string> Tokens(size_t limit = 100) {
    const auto listed = jobs().ListJobs(limit);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> tokens;
    for (const Job& job : *listed) tokens.push_back(job.token);
    return tokens;
  }
};

TEST_P(JobContract, ReadsBackWhatWasSelected) {
  Job job{.token = "t1",
          .state = JobState::kRunning,
          .filter = "dest~\"p\xff'\" and age>10m",
          .actor = "ann@desk",
          .reason = "after the outage",
          .stop_reason = "too many errors",
          .limits = {.rate = 0.1, .max_in_flight = 3, .canary = 2, .stop_after_errors = 0},
          .create_time = At(1),
          .start_time = At(2),
          .end_time = At(3)};
  ASSERT_TRUE(jobs().CreateJob(job, Items(5)).ok());
  ASSERT_TRUE(jobs().CreateJob(Selected("t2"), {}).ok());
  Reopen();
  EXPECT_EQ(*jobs().FindJob("t1"), job);
  EXPECT_EQ(Listed("t1"), Items(5));
  EXPECT_EQ(*jobs().FindJob("t2"), Selected("t2"));
  EXPECT_THAT(Listed("t2"), IsEmpty());
  EXPECT_EQ(Counts("t2"), port::JobCounts());
}

TEST_P(JobContract, ATokenNamesOneJob) {
  ASSERT_TRUE(jobs().CreateJob(Selected("t1"), Items(3)).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(jobs().CreateJob(Selected("t1", At(2)), Items(4))));
  EXPECT_EQ(*jobs().FindJob("t1"), Selected("t1"));
  EXPECT_EQ(Listed("t1"), Items(3));
}

TEST_P(JobContract, UnknownTokens) {
  ASSERT_TRUE(jobs().CreateJob(Selected("t1"), Items(3)).ok());
  EXPECT_TRUE(absl::IsNotFound(jobs().FindJob("t").status()));
  EXPECT_TRUE(absl::IsNotFound(jobs().UpdateJob(Selected("T1"))));
  EXPECT_TRUE(absl::IsNotFound(jobs().UpdateItems("t1 ", Items(1))));
  EXPECT_TRUE(absl::IsNotFound(jobs().CountItems("").status()));
  EXPECT_TRUE(absl::IsNotFound(jobs().ListItems("t2", 0, 10, std::nullopt).status()));
}

TEST_P(JobContract, AJobGoesOnButItsSelectionStays) {
  ASSERT_TRUE(jobs().CreateJob(Selected("t1"), Items(3)).ok());
  Job job = Selected("t1");
  job.state = JobState::kRunning;
  job.actor = "ann@desk";
  job.start_time = At(5);
  job.limits.rate = 40;
  Job told = job;
  told.filter = "all";
  told.create_time = At(9);
  ASSERT_TRUE(jobs().UpdateJob(told).ok());
  Reopen();
  EXPECT_EQ(*jobs().FindJob("t1"), job);
}

TEST_P(JobContract, ItemsByNumberAndState) {
  ASSERT_TRUE(jobs().CreateJob(Selected("t1"), Items(10)).ok());
  ASSERT_TRUE(jobs().CreateJob(Selected("t2"), Items(10)).ok());
  std::vector<JobItem> changed = Items(10);
  changed.erase(changed.begin() + 6, changed.end());
  for (JobItem& item : changed) {
    item.state = item.number % 2 == 0 ? ItemState::kDone : ItemState::kSkipped;
    item.text = absl::StrCat("text ", item.number);
  }
  // What names an item does not change.
  std::vector<JobItem> told = changed;
  for (JobItem& item : told) item.gid = "other";
  told.push_back({.number = 77});
  ASSERT_TRUE(jobs().UpdateItems("t1", told).ok());

  const auto numbers = [&](uint32_t from, size_t limit, std::optional<ItemState> state) {
    std::vector<uint32_t> found;
    for (const JobItem& item : Listed("t1", from, limit, state)) found.push_back(item.number);
    return found;
  };
  EXPECT_THAT(numbers(0, 3, std::nullopt), ElementsAre(0, 1, 2));
  EXPECT_THAT(numbers(8, 30, std::nullopt), ElementsAre(8, 9));
  EXPECT_THAT(numbers(1, 2, ItemState::kDone), ElementsAre(2, 4));
  EXPECT_THAT(numbers(0, 2, ItemState::kPending), ElementsAre(6, 7));
  EXPECT_THAT(numbers(0, 30, ItemState::kSkipped), ElementsAre(1, 3, 5));
  EXPECT_THAT(numbers(0, 30, ItemState::kFailed), IsEmpty());
  std::vector<JobItem> first = Listed("t1", 0, 6);
  EXPECT_EQ(first, changed);
  EXPECT_EQ(Listed("t2"), Items(10));
}

TEST_P(JobContract, CountsAlwaysAddUp) {
  constexpr uint32_t kItems = 2500;
  Random random(41);
  std::vector<JobItem> model = Items(kItems);
  ASSERT_TRUE(jobs().CreateJob(Selected("t1"), model).ok());
  EXPECT_EQ(Counts("t1"), port::JobCounts{.pending = kItems});
  for (int round = 0; round < 30; ++round) {
    std::vector<JobItem> changed;
    for (uint64_t i = random() % 40; i > 0; --i) {
      JobItem& item = model[random() % kItems];
      item.state = static_cast<ItemState>(1 + random() % 5);
      item.text = RandomBytes(random, 20);
      // Later ones of a list win.
      changed.push_back(item);
    }
    ASSERT_TRUE(jobs().UpdateItems("t1", changed).ok());
    const port::JobCounts counts = Counts("t1");
    EXPECT_EQ(counts.pending + counts.running + counts.done + counts.failed + counts.skipped,
              kItems);
    const auto in = [&](ItemState state) {
      return static_cast<uint64_t>(std::count_if(
          model.begin(), model.end(), [&](const JobItem& item) { return item.state == state; }));
    };
    EXPECT_EQ(counts, (port::JobCounts{.pending = in(ItemState::kPending),
                                       .running = in(ItemState::kRunning),
                                       .done = in(ItemState::kDone),
                                       .failed = in(ItemState::kFailed),
                                       .skipped = in(ItemState::kSkipped)}));
  }
  Reopen();
  EXPECT_EQ(Listed("t1"), model);
}

TEST_P(JobContract, NewestFirst) {
  for (const std::string token : {"c", "a", "b"})
    ASSERT_TRUE(jobs().CreateJob(Selected(token), Items(1)).ok());
  EXPECT_THAT(Tokens(), ElementsAre("b", "a", "c"));
  EXPECT_THAT(Tokens(2), ElementsAre("b", "a"));
}

TEST_P(JobContract, OldOnesExpire) {
  const auto add = [&](const std::string& token, JobState state, int created, int ended) {
    Job job = Selected(token, At(created));
    job.state = state;
    if (ended != 0) job.end_time = At(ended);
    // More than fit into one commit.
    ASSERT_TRUE(jobs().CreateJob(job, Items(token == "forgotten" ? 2500 : 2)).ok());
  };
  add("forgotten", JobState::kSelected, 1, 0);
  add("shown", JobState::kSelected, 10, 0);
  add("running", JobState::kRunning, 1, 0);
  add("stopping", JobState::kStopping, 1, 0);
  add("done long ago", JobState::kDone, 1, 2);
  add("stopped long ago", JobState::kStopped, 1, 3);
  add("done", JobState::kDone, 1, 20);
  add("stopped", JobState::kStopped, 1, 20);
  ASSERT_TRUE(jobs().ExpireJobs(At(10), At(20)).ok());
  EXPECT_THAT(Tokens(), ElementsAre("stopped", "done", "stopping", "running", "shown"));
  EXPECT_TRUE(absl::IsNotFound(jobs().FindJob("forgotten").status()));
  for (const std::string& token : Tokens()) EXPECT_EQ(Listed(token), Items(2)) << token;
  Reopen();
  EXPECT_THAT(Tokens(), ElementsAre("stopped", "done", "stopping", "running", "shown"));
  // The name is free again, and nothing is left of the old one.
  ASSERT_TRUE(jobs().CreateJob(Selected("forgotten"), Items(1)).ok());
  EXPECT_EQ(Listed("forgotten"), Items(1));
  EXPECT_THAT(Tokens(1), ElementsAre("forgotten"));
}

TEST_P(JobContract, TakesUpWhatIsUnderWay) {
  const auto claimed = [this] {
    const auto jobs = this->jobs().ClaimJobs();
    EXPECT_TRUE(jobs.ok()) << jobs.status();
    std::vector<std::string> tokens;
    for (const Job& job : *jobs) tokens.push_back(job.token);
    std::sort(tokens.begin(), tokens.end());
    return tokens;
  };
  for (const std::string token : {"selected", "running", "stopping", "done", "stopped"})
    ASSERT_TRUE(jobs().CreateJob(Selected(token), Items(2)).ok());
  const auto turn = [this](const std::string& token, JobState state) {
    Job job = *jobs().FindJob(token);
    job.state = state;
    EXPECT_TRUE(jobs().UpdateJob(job).ok());
  };
  turn("running", JobState::kRunning);
  turn("stopping", JobState::kStopping);
  turn("done", JobState::kDone);
  turn("stopped", JobState::kStopped);
  EXPECT_THAT(claimed(), ElementsAre("running", "stopping"));
  EXPECT_THAT(claimed(), ElementsAre("running", "stopping"));
  Reopen();
  EXPECT_THAT(claimed(), ElementsAre("running", "stopping"));
}

TEST_P(JobContract, StopsWhatRuns) {
  EXPECT_TRUE(absl::IsNotFound(jobs().StopJob("nobody's", "why")));
  ASSERT_TRUE(jobs().CreateJob(Selected("t"), Items(2)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs().StopJob("t", "why")));
  Job job = *jobs().FindJob("t");
  job.state = JobState::kRunning;
  job.actor = "ann";
  ASSERT_TRUE(jobs().UpdateJob(job).ok());
  ASSERT_TRUE(jobs().StopJob("t", "enough \xff").ok());
  job.state = JobState::kStopping;
  job.stop_reason = "enough \xff";
  EXPECT_EQ(*jobs().FindJob("t"), job);
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs().StopJob("t", "why")));
}

INSTANTIATE_TEST_SUITE_P(Stores, JobContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
