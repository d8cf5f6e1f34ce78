#include "orchestrator/engine/engine.h"

#include <atomic>
#include <functional>
#include <utility>

#include "orchestrator/engine/committer.h"
#include "orchestrator/engine/context.h"
#include "orchestrator/engine/lane.h"
#include "orchestrator/engine/outbox_relay.h"
#include "orchestrator/engine/peer_link.h"
#include "orchestrator/engine/runner.h"

namespace saga::engine {

class Engine::Impl {
 public:
  Impl(const EngineOptions& options, const Ports& ports) {
    context.options = options;
    context.ports = ports;
    context.lanes = std::make_shared<LaneSet>(options.lane, options.messages.fallback_after_unknown,
                                              LaneSet::Ports{
                                                  .caller = ports.caller,
                                                  .clock = ports.clock,
                                                  .executor = ports.executor,
                                                  .directory = ports.directory,
                                                  .publisher = ports.publisher,
                                                  .may_call = MayCall(ports),
                                              },
                                              [this] {
                                                for (const auto& runner : runners)
                                                  runner->Push(LaneOpened{});
                                              });
    if (ports.publisher != nullptr) {
      relay = std::make_unique<OutboxRelay>(OutboxRelay::Ports{
          .store = ports.outbox, .publisher = ports.publisher, .clock = ports.clock});
      context.relay = relay.get();
    }
    committer = std::make_unique<Committer>(
        &context,
        [this](core::GlobalTransaction record) {
          ++context.live;
          Runner& runner = RunnerOf(record.gid);
          if (!runner.Push(Claimed{std::move(record)})) --context.live;
        },
        [this](std::vector<std::string> gids) { TellLost(std::move(gids)); });
    context.committer = committer.get();
    for (size_t i = 0; i < options.runners; ++i)
      runners.push_back(std::make_unique<Runner>(&context));
  }

  // Calls whose turn comes late are not made when others may hold their transactions by then.
  std::function<bool()> MayCall(const Ports& ports) {
    if (ports.peers == nullptr) return nullptr;
    return [ports, unheard = context.unheard] {
      return *unheard == 0 && ports.clock->Now() < ports.store->HeldUntil();
    };
  }

  // Every runner hears of every loss, and of its own transactions what they are.
  void TellLost(std::vector<std::string> gids) {
    std::vector<Lost> lost(runners.size());
    for (std::string& gid : gids) lost[NumberOf(gid)].gids.push_back(std::move(gid));
    for (size_t i = 0; i < runners.size(); ++i) runners[i]->Push(std::move(lost[i]));
  }

  // std::hash and not absl's, which differs from run to run: a simulation has to repeat.
  size_t NumberOf(const std::string& gid) const {
    return std::hash<std::string>()(gid) % runners.size();
  }
  Runner& RunnerOf(const std::string& gid) { return *runners[NumberOf(gid)]; }

  // One that has stopped taking requests still holds what it holds: peers go on asking it.
  void Ask(std::string gid, core::Event event, WaitFor wait, Reply reply, Trail trail = {}) {
    if (!context.intake && !trail.from_peer) {
      reply({.kind = Answer::Kind::kStopping});
      return;
    }
    // Only the queue is bounded here: a request about a transaction that is in memory has to get
    // through even when memory takes no new ones, or those there could not end.
    if (context.requests >= context.options.max_live) {
      ++context.refused;
      context.ports.observer->OnRefused("queued_requests");
      reply({.kind = Answer::Kind::kOverloaded, .error = "queued_requests"});
      return;
    }
    ++context.requests;
    Runner& runner = RunnerOf(gid);
    RunnerItem item = Request{std::move(gid), std::move(event), wait, std::move(reply), trail};
    if (runner.Push(std::move(item))) return;
    --context.requests;
    std::get<Request>(item).reply({.kind = Answer::Kind::kStopping});
  }

  // `item` is a WaitRequest or a ReplyArrived.
  template <typename Item>
  void Push(const std::string& gid, Item item) {
    RunnerItem pushed = std::move(item);
    if (RunnerOf(gid).Push(std::move(pushed))) return;
    std::get<Item>(pushed).reply({.kind = Answer::Kind::kStopping});
  }

  EngineContext context;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<OutboxRelay> relay;  // null: nothing is published
  std::vector<std::unique_ptr<Runner>> runners;
  std::vector<std::unique_ptr<port::Strand>> strands;  // the runners', then the store's
  std::atomic<uint64_t> last_wait_id{0};
  bool stopped = false;
};

Engine::Engine(const EngineOptions& options, const Ports& ports)
    : impl_(std::make_unique<Impl>(options, ports)) {}

Engine::~Engine() { Stop(); }

void Engine::Start() {
  port::Executor& executor = *impl_->context.ports.executor;
  for (size_t i = 0; i < impl_->runners.size(); ++i) {
    Runner* const runner = impl_->runners[i].get();
    impl_->strands.push_back(
        executor.NewStrand("runner-" + std::to_string(i), [runner] { runner->Body(); }));
    runner->Bind(impl_->strands.back().get());
  }
  Committer* const committer = impl_->committer.get();
  impl_->strands.push_back(executor.NewStrand("store", [committer] { committer->Body(); }));
  committer->Bind(impl_->strands.back().get());
  if (OutboxRelay* const relay = impl_->relay.get(); relay != nullptr) {
    impl_->strands.push_back(executor.NewStrand("outbox", [relay] { relay->Body(); }));
    relay->Bind(impl_->strands.back().get());
    relay->Wake();  // what the process before this one left
  }
  impl_->context.lanes->Start();
  impl_->strands[impl_->runners.size()]->Notify();  // the store's first claim: recovery
}

void Engine::Prepare(core::GlobalTransaction draft, Reply reply) {
  std::string gid = draft.gid;
  impl_->Ask(std::move(gid), core::Prepared{std::move(draft)}, WaitFor::kStored, std::move(reply));
}

void Engine::Submit(core::Submitted request, WaitFor wait, Reply reply) {
  std::string gid = request.draft.gid;
  impl_->Ask(std::move(gid), std::move(request), wait, std::move(reply));
}

void Engine::RegisterBranch(const std::string& gid, core::BranchRegistered branch, Reply reply) {
  impl_->Ask(gid, std::move(branch), WaitFor::kStored, std::move(reply));
}

void Engine::Abort(const std::string& gid, core::AbortRequested request, WaitFor wait,
                   Reply reply) {
  impl_->Ask(gid, std::move(request), wait, std::move(reply));
}

void Engine::EndWorkflow(const std::string& gid, core::WorkflowEnded request, Reply reply) {
  impl_->Ask(gid, std::move(request), WaitFor::kStored, std::move(reply));
}

void Engine::ForceStop(const std::string& gid, core::ForceStopRequested request, Reply reply) {
  impl_->Ask(gid, std::move(request), WaitFor::kStored, std::move(reply));
}

void Engine::RetryNow(const std::string& gid, core::RetryRequested request, Reply reply) {
  impl_->Ask(gid, std::move(request), WaitFor::kStored, std::move(reply));
}

void Engine::ActOnDeadLetter(const std::string& gid, core::DeadLetterAct act, WaitFor wait,
                             Reply reply) {
  impl_->Ask(gid, std::move(act), wait, std::move(reply));
}

void Engine::WaitForBranch(const std::string& gid, const std::string& branch_id, core::Op op,
                           Reply reply) {
  impl_->Push(gid, WaitRequest{gid, WaitFor::kBranch, ++impl_->last_wait_id, std::move(reply),
                               branch_id, op});
}

void Engine::TakeReply(QueuedReply queued, Reply reply) {
  const std::string gid = queued.gid;
  impl_->Push(gid, ReplyArrived{std::move(queued), std::move(reply)});
}

uint64_t Engine::ServePeer(PeerAsk ask, Reply reply) {
  const Trail trail{.from_peer = true};
  if (auto* request = std::get_if<PeerRequest>(&ask.what); request != nullptr) {
    impl_->Ask(std::move(ask.gid), std::move(request->event), WaitFor::kStored, std::move(reply),
               trail);
    return 0;
  }
  if (auto* queued = std::get_if<QueuedReply>(&ask.what); queued != nullptr) {
    impl_->Push(ask.gid, ReplyArrived{std::move(*queued), std::move(reply), trail});
    return 0;
  }
  auto& wait = std::get<PeerWait>(ask.what);
  const uint64_t id = ++impl_->last_wait_id;
  WaitRequest item{ask.gid, wait.wait, id, std::move(reply), std::move(wait.branch_id), wait.op};
  item.trail = trail;
  impl_->Push(ask.gid, std::move(item));
  return id;
}

void Engine::WakeOutbox() {
  if (impl_->relay != nullptr) impl_->relay->Wake();
}

void Engine::LookAtOutbox() {
  if (impl_->relay != nullptr) impl_->relay->LookAgain();
}

void Engine::SetDestination(const std::string& destination, const DestinationSettings& settings) {
  impl_->context.lanes->Set(destination, settings);
}

uint64_t Engine::Wait(const std::string& gid, WaitFor wait, Reply reply) {
  const uint64_t id = ++impl_->last_wait_id;
  impl_->Push(gid, WaitRequest{gid, wait, id, std::move(reply)});
  return id;
}

void Engine::CancelWait(const std::string& gid, uint64_t wait_id) {
  impl_->RunnerOf(gid).Push(WaitCancelled{gid, wait_id});
}

void Engine::Inspect(const std::string& gid, absl::AnyInvocable<void(const Snapshot*)> done) {
  RunnerItem item = Inspection{gid, std::move(done)};
  if (!impl_->RunnerOf(gid).Push(std::move(item))) std::get<Inspection>(item).done(nullptr);
}

EngineStats Engine::Stats() const {
  const EngineContext& context = impl_->context;
  EngineStats stats;
  stats.live = context.live;
  stats.commits = impl_->committer->Commits();
  stats.commit_writes = impl_->committer->Writes();
  stats.branch_calls = context.lanes->Calls();
  stats.refused = context.refused;
  stats.ended_succeed = context.ended_succeed;
  stats.ended_failed = context.ended_failed;
  stats.store_ok = impl_->committer->StoreOk();
  stats.lanes = context.lanes->Stats();
  if (impl_->relay != nullptr) stats.outbox = impl_->relay->Stats();
  return stats;
}

void Engine::StopIntake() { impl_->context.intake = false; }

bool Engine::Quiet() const {
  const EngineContext& context = impl_->context;
  if (context.requests > 0 || context.asked > 0 || context.lanes->Pending() > 0 ||
      !impl_->committer->Quiet())
    return false;
  if (impl_->relay != nullptr && !impl_->relay->Quiet()) return false;
  for (const auto& runner : impl_->runners) {
    if (!runner->Quiet()) return false;
  }
  return true;
}

void Engine::Stop() {
  if (std::exchange(impl_->stopped, true)) return;
  StopIntake();
  impl_->context.lanes->Close();
  for (const auto& runner : impl_->runners) runner->Close();
  impl_->committer->Close();
  if (impl_->relay != nullptr) impl_->relay->Close();
  for (const auto& strand : impl_->strands) strand->Stop();
  for (const auto& runner : impl_->runners) runner->AnswerAll();
}

}  // namespace saga::engine
