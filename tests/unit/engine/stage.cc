#include "tests/unit/engine/stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/words.h"

namespace saga::engine {

// The memory store behind the test's say about commits.
class Stage::Disk : public port::TransactionStore {
 public:
  Disk(Stage* stage, port::TransactionStore* store) : stage_(stage), store_(store) {}

  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override {
    std::vector<port::WriteResult> results;
    for (const port::Write& write : batch) {
      const auto kind = stage_->disk ? stage_->disk(write) : port::WriteResult::Kind::kDone;
      if (kind == port::WriteResult::Kind::kDone) {
        results.push_back(std::move(store_->Commit({write}).front()));
        if (results.back().kind == kind) stage_->StoreOutbox(write);
      } else {
        results.push_back({.kind = kind, .error = "the test's disk"});
      }
    }
    return results;
  }
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override {
    if (stage_->loads_fail) return absl::UnavailableError("the test's disk");
    return store_->Load(gid);
  }
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override {
    return store_->ClaimDue(now, limit);
  }
  port::Holding Claim(const std::string& gid) override { return store_->Claim(gid); }
  void Release(const std::string& gid) override { store_->Release(gid); }
  absl::StatusOr<base::Time> NextDue() override { return store_->NextDue(); }
  absl::Status Ping() override { return store_->Ping(); }
  std::string Name() const override { return store_->Name(); }

 private:
  Stage* const stage_;
  port::TransactionStore* const store_;
};

Stage::Stage(EngineOptions options) : options_(std::move(options)) { Start(); }

Stage::Stage(EngineOptions options, WithPost)
    : options_(std::move(options)), post_(std::make_unique<Post>(&world_)) {
  MessageOptions& messages = options_.messages;
  messages.reply_topic = kReplies;
  messages.event_topic = kEvents;
  messages.dead_letter_topic = kLetters;
  messages.source = "/sagad/test";
  Start();
}

Stage::~Stage() { *alive_ = false; }

void Stage::Start() {
  alive_ = std::make_shared<bool>(true);
  disk_ = std::make_unique<Disk>(this, &store_);
  executor_ = std::make_unique<simulation::SimExecutor>(&world_, [](const std::string& strand) {
    return strand == "store" ? base::Millis(1) : base::Micros(10);
  });
  engine_ = std::make_unique<Engine>(
      options_, Engine::Ports{disk_.get(), this, &world_, &world_, executor_.get(), this,
                              post_.get(), post_.get(), post_.get()});
  engine_->Start();
}

void Stage::Restart() {
  *alive_ = false;
  adapter::MemoryStore::State state = store_.Snapshot();
  engine_.reset();
  store_.Restore(std::move(state));
  if (post_ != nullptr) post_->Die();
  Start();
}

void Stage::StoreOutbox(const port::Write& write) {
  if (post_ == nullptr || write.outbox == nullptr) return;
  for (const base::Message& message : *write.outbox) post_->Put(message);
}

void Stage::Run(base::Duration time) {
  world_.RunUntil(world_.Now() + time, [] { return false; });
}

void Stage::Call(port::BranchCall call, Done done) {
  calls.push_back(call.gid + "/" + call.branch_id + "/" + std::string(core::WordOf(call.op)));
  const Scripted scripted = participant ? participant(call) : Scripted{};
  auto shared = std::make_shared<Done>(std::move(done));
  world_.After(scripted.hangs ? call.timeout : scripted.after, [alive = alive_, shared, scripted] {
    if (!*alive) return;
    if (scripted.hangs) {
      (*shared)({core::Outcome::kUnknown, "the reason", port::Reach::kTimedOut});
    } else {
      (*shared)({scripted.outcome, "the reason", scripted.reach, scripted.hopeless});
    }
  });
}

void Stage::OnRested(const core::GlobalTransaction& transaction) {
  uint32_t streak = 0;
  for (const core::Branch& branch : transaction.branches)
    streak = std::max(streak, branch.unknown_streak);
  rests.push_back(absl::StrCat(transaction.gid, " ", std::string(core::WordOf(transaction.status)),
                               " ", streak));
}

core::GlobalTransaction Stage::Saga(const std::string& gid, size_t steps, const std::string& host) {
  core::GlobalTransaction draft;
  draft.gid = gid;
  draft.mode = core::Mode::kSaga;
  draft.protocol = core::Protocol::kGrpc;
  for (size_t step = 1; step <= steps; ++step) {
    const std::string id = "0" + std::to_string(step);
    draft.branches.push_back(
        {.branch_id = id, .op = core::Op::kCompensate, .target = host + "/P/Undo"});
    draft.branches.push_back({.branch_id = id, .op = core::Op::kAction, .target = host + "/P/Do"});
  }
  return draft;
}

Answer Stage::SubmitAndRun(core::GlobalTransaction draft, WaitFor wait, base::Duration time) {
  Answer got;
  got.kind = Answer::Kind::kOverloaded;
  got.error = "no answer yet";
  engine_->Submit({std::move(draft)}, wait, [&got](Answer answer) { got = std::move(answer); });
  Run(time);
  return got;
}

core::Status Stage::StatusOf(const std::string& gid) {
  const auto record = store_.Load(gid);
  return record.ok() ? record->status : core::Status::kPrepared;
}

core::GlobalTransaction Stage::Record(const std::string& gid) {
  const auto record = store_.Load(gid);
  return record.ok() ? *record : core::GlobalTransaction{};
}

}  // namespace saga::engine
