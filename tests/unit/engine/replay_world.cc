#include "tests/unit/engine/replay_world.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"

namespace saga::engine {

namespace {

using port::ItemState;

absl::Status Down() { return absl::UnavailableError("no answer"); }

}  // namespace

// What one process of the server sees; nothing of it reaches the world once it is dead.
class ReplayWorld::Process final : public port::JobStore,
                                   public ReplayTarget,
                                   public std::enable_shared_from_this<Process> {
 public:
  explicit Process(ReplayWorld* world) : world_(*world) {}
  void Kill() { dead_ = true; }

  absl::Status CreateJob(const port::Job& job, const std::vector<port::JobItem>& items) override {
    return Write([&] { disk().rows[job.token] = {job, items}; });
  }
  absl::Status UpdateJob(const port::Job& job) override {
    if (!disk().rows.contains(job.token)) return absl::NotFoundError("");
    return Write([&] { disk().rows[job.token].job = job; });
  }
  absl::Status UpdateItems(const std::string& token,
                           const std::vector<port::JobItem>& items) override {
    return Write([&] {
      for (const port::JobItem& item : items) {
        port::JobItem& stored = disk().rows.at(token).items.at(item.number);
        stored.state = item.state;
        stored.text = item.text;
      }
    });
  }
  absl::StatusOr<port::Job> FindJob(const std::string& token) override {
    if (Fails()) return Down();
    const auto found = disk().rows.find(token);
    if (found == disk().rows.end()) return absl::NotFoundError("");
    return found->second.job;
  }
  absl::StatusOr<port::JobCounts> CountItems(const std::string& token) override {
    if (Fails()) return Down();
    port::JobCounts counts;
    for (const port::JobItem& item : disk().rows.at(token).items) {
      counts.pending += item.state == ItemState::kPending;
      counts.running += item.state == ItemState::kRunning;
      counts.done += item.state == ItemState::kDone;
      counts.failed += item.state == ItemState::kFailed;
      counts.skipped += item.state == ItemState::kSkipped;
    }
    return counts;
  }
  absl::StatusOr<std::vector<port::JobItem>> ListItems(const std::string& token, uint32_t from,
                                                       size_t limit,
                                                       std::optional<ItemState> state) override {
    if (Fails()) return Down();
    std::vector<port::JobItem> page;
    for (const port::JobItem& item : disk().rows.at(token).items) {
      if (item.number < from || page.size() == limit) continue;
      if (!state.has_value() || item.state == *state) page.push_back(item);
    }
    return page;
  }
  absl::StatusOr<std::vector<port::Job>> ListJobs(size_t) override {
    if (Fails()) return Down();
    std::vector<port::Job> jobs;
    for (const auto& [token, row] : disk().rows) jobs.push_back(row.job);
    return jobs;
  }
  absl::Status ExpireJobs(base::Time before, base::Time) override {
    return Write([&] {
      std::erase_if(disk().rows, [&](const auto& entry) {
        const port::Job& job = entry.second.job;
        return job.state == port::JobState::kSelected && job.create_time < before;
      });
    });
  }

  void Replay(const std::string& gid, core::DeadLetterAct act, Reply reply) override {
    const Answer::Kind kind = world_.engine_says ? world_.engine_says(gid) : Answer::Kind::kVerdict;
    if (kind != Answer::Kind::kVerdict) {
      Answer answer;
      answer.kind = kind;
      reply(std::move(answer));
      return;
    }
    // The store strand takes its time; a process that dies meanwhile has stored it or has not.
    if (world_.world_.Chance(0.5)) return ReplayNow(gid, act.death, std::move(reply));
    auto kept = std::make_shared<Reply>(std::move(reply));
    world_.world_.After(base::Millis(1), [self = shared_from_this(), gid, act, kept] {
      if (!self->dead_) self->ReplayNow(gid, act.death, std::move(*kept));
    });
  }
  void WaitForBranch(const std::string& gid, const std::string&, core::Op, Reply reply) override {
    const auto found = world_.letters_.find(gid);
    if (found == world_.letters_.end())
      return reply(world_.AnswerOf(gid, core::Verdict::kNotFound));
    const core::Branch& branch = found->second.transaction.branches.front();
    const bool waits =
        branch.status == core::BranchStatus::kPrepared && branch.dead == core::DeadReason::kNone;
    if (waits) {
      found->second.waiting.push_back(std::move(reply));
    } else {
      reply(world_.AnswerOf(gid, core::Verdict::kAccepted));
    }
  }

 private:
  JobDisk& disk() { return world_.disk_; }
  bool Fails() { return dead_ || (world_.store_fails && world_.store_fails()); }
  template <typename Change>
  absl::Status Write(Change change) {
    if (dead_) return Down();
    const bool fails = Fails();
    if (!fails || world_.world_.Chance(0.5)) change();
    ++world_.writes_;
    return fails ? Down() : absl::OkStatus();
  }
  void ReplayNow(const std::string& gid, uint32_t death, Reply reply) {
    if (!world_.letters_.contains(gid))
      return reply(world_.AnswerOf(gid, core::Verdict::kNotFound));
    if (!world_.Begin(gid, death)) return reply(world_.AnswerOf(gid, core::Verdict::kNoDeadLetter));
    world_.letters_.at(gid).waiting.push_back(std::move(reply));
  }

  ReplayWorld& world_;
  bool dead_ = false;
};

ReplayWorld::ReplayWorld(uint64_t seed)
    : world_(seed), executor_(&world_, [](const std::string&) { return base::Micros(100); }) {
  Start();
}

ReplayWorld::~ReplayWorld() { process_->Kill(); }

void ReplayWorld::Start() {
  process_ = std::make_shared<Process>(this);
  jobs_ = std::make_unique<ReplayJobs>(ReplayJobs::Ports{.store = process_.get(),
                                                         .target = process_.get(),
                                                         .clock = &world_,
                                                         .entropy = &world_,
                                                         .executor = &executor_});
  jobs_->Start();
}

void ReplayWorld::Restart() {
  process_->Kill();
  for (auto& [gid, letter] : letters_) letter.waiting.clear();
  jobs_.reset();
  Start();
}

void ReplayWorld::StopAndStart() {
  jobs_->Halt();
  for (auto& [gid, letter] : letters_) {
    std::vector<Reply> waiting = std::exchange(letter.waiting, {});
    for (Reply& reply : waiting) {
      Answer answer;
      answer.kind = Answer::Kind::kStopping;
      reply(std::move(answer));
    }
  }
  jobs_->Shutdown();
  jobs_.reset();
  process_->Kill();
  Start();
}

void ReplayWorld::AddLetters(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    core::Branch branch;
    branch.branch_id = "01";
    branch.op = core::Op::kCompensate;
    branch.target = "p:1/S/Undo";
    branch.dead = core::DeadReason::kAttemptsUsed;
    branch.deaths = 1;
    branch.last_error = "no route";
    Letter letter;
    letter.transaction.gid = absl::StrCat("g", i);
    letter.transaction.status = core::Status::kAborting;
    letter.transaction.branches.push_back(branch);
    letters_[letter.transaction.gid] = std::move(letter);
  }
}

bool ReplayWorld::Begin(const std::string& gid, uint32_t death) {
  core::Branch& branch = BranchOf(gid);
  if (branch.dead == core::DeadReason::kNone || branch.deaths != death) return false;
  branch.dead = core::DeadReason::kNone;
  ++replays_[{gid, death}];
  times_.push_back(world_.Now());
  most_out_ = std::max(most_out_, ++out_);
  const auto [end, after] = fate ? fate(gid, death) : std::pair(Fate::kSucceeds, base::Millis(1));
  if (end != Fate::kHangs) {
    world_.After(after, [this, gid, end = end] { Settle(gid, end); });
  }
  return true;
}

void ReplayWorld::Settle(const std::string& gid, Fate fate) {
  --out_;
  core::Branch& branch = BranchOf(gid);
  if (fate == Fate::kSucceeds) {
    branch.status = core::BranchStatus::kSucceed;
  } else {
    branch.dead = core::DeadReason::kAttemptsUsed;
    ++branch.deaths;
  }
  std::vector<Reply> waiting = std::exchange(letters_.at(gid).waiting, {});
  for (Reply& reply : waiting) reply(AnswerOf(gid, core::Verdict::kAccepted));
}

Answer ReplayWorld::AnswerOf(const std::string& gid, core::Verdict verdict) const {
  Answer answer;
  answer.verdict = verdict;
  if (const auto found = letters_.find(gid); found != letters_.end())
    answer.transaction = found->second.transaction;
  return answer;
}

void ReplayWorld::ReplayByHand(const std::string& gid) { Begin(gid, BranchOf(gid).deaths); }

std::string ReplayWorld::Select() {
  std::vector<port::JobItem> items;
  for (const auto& [gid, letter] : letters_) {
    const core::Branch& branch = letter.transaction.branches.front();
    if (branch.dead == core::DeadReason::kNone) continue;
    items.push_back(
        {.gid = gid, .branch_id = "01", .op = core::Op::kCompensate, .death = branch.deaths});
  }
  const absl::StatusOr<JobView> created = jobs_->Create("dead=yes", std::move(items));
  SAGA_CHECK(created.ok());
  return created->job.token;
}

absl::StatusOr<JobView> ReplayWorld::Execute(const std::string& token,
                                             const port::JobLimits& limits) {
  std::optional<absl::StatusOr<JobView>> answer;
  jobs_->Execute(token, limits, "ann@desk", "it is up again",
                 [&](absl::StatusOr<JobView> view) { answer = std::move(view); });
  world_.RunUntil(world_.Now() + base::Seconds(1), [&] { return answer.has_value(); });
  SAGA_CHECK(answer.has_value());
  return *std::move(answer);
}

absl::StatusOr<JobView> ReplayWorld::StopJob(const std::string& token) {
  std::optional<absl::StatusOr<JobView>> answer;
  jobs_->Stop(token, "ann@desk: enough",
              [&](absl::StatusOr<JobView> view) { answer = std::move(view); });
  world_.RunUntil(world_.Now() + base::Seconds(1), [&] { return answer.has_value(); });
  SAGA_CHECK(answer.has_value());
  return *std::move(answer);
}

JobView ReplayWorld::View(const std::string& token) {
  absl::StatusOr<JobView> view = jobs_->Describe(token);
  while (!view.ok()) view = jobs_->Describe(token);
  return *std::move(view);
}

std::vector<port::JobItem> ReplayWorld::Items(const std::string& token) {
  return disk_.rows.at(token).items;
}

void ReplayWorld::Run(base::Duration time) {
  world_.RunUntil(world_.Now() + time, [] { return false; });
}

bool ReplayWorld::RunToEnd(const std::string& token, base::Duration time) {
  const auto ended = [&] {
    const port::JobState state = disk_.rows.at(token).job.state;
    return state == port::JobState::kDone || state == port::JobState::kStopped;
  };
  world_.RunUntil(world_.Now() + time, ended);
  return ended();
}

}  // namespace saga::engine
