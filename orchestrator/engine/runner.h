#pragma once

// Owns the transactions whose gid hashes to it. Takes what has come in, steps the core, hands the
// writes on, and does what is owed by what is stored: answers, calls, wakes. Never blocks.
// runner.cc is about what comes in, runner_slot.cc about one transaction, runner_peers.cc about
// transactions that are another node's.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "orchestrator/engine/committer.h"
#include "orchestrator/engine/context.h"
#include "orchestrator/engine/forwarder.h"
#include "orchestrator/engine/inbox.h"
#include "orchestrator/engine/slot.h"
#include "orchestrator/engine/wake_list.h"

namespace saga::engine {

struct WaitCancelled {
  std::string gid;
  uint64_t id = 0;
};
struct Committed {
  std::vector<CommitResult> results;
};
struct Loaded {
  std::string gid;
  absl::StatusOr<core::GlobalTransaction> record;
  port::Holding holding;
};
struct Claimed {
  core::GlobalTransaction record;
};
// A destination can be called again that could not.
struct LaneOpened {};
// This process's lease had run out, and these were another node's to take.
struct Lost {
  std::vector<std::string> gids;
};
struct PeerAnswered {
  uint64_t number = 0;
  PeerAnswer answer;
};

using RunnerItem =
    std::variant<Request, WaitRequest, WaitCancelled, CallReturned, ReplyArrived, Inspection,
                 Committed, Loaded, Claimed, LaneOpened, Lost, PeerAnswered>;

// Thread safety: Push and Quiet from any thread, OnCommitted and OnLoaded from the store strand,
// the rest belongs to the runner's strand.
class Runner : public CommitListener {
 public:
  explicit Runner(EngineContext* context);

  void Bind(port::Strand* strand);
  void Body();

  // False: the engine has stopped.
  bool Push(RunnerItem&& item) { return inbox_->Push(std::move(item)); }
  bool Quiet() const { return inbox_->Empty(); }

  void OnCommitted(std::vector<CommitResult> results) override;
  void OnLoaded(const std::string& gid, absl::StatusOr<core::GlobalTransaction> record,
                port::Holding holding) override;

  // Takes nothing more in. Before the strand is stopped.
  void Close() { inbox_->Close(); }
  // Answers everybody who still waits with kStopping. After the strand was stopped.
  void AnswerAll();

 private:
  // --- what comes in
  void Handle(Request& request);
  void Handle(WaitRequest& request);
  void Handle(WaitCancelled& cancelled);
  void Handle(CallReturned& returned);
  void Handle(ReplyArrived& arrived);
  void Handle(Inspection& inspection);
  void Handle(Committed& committed);
  void Handle(Loaded& loaded);
  void Handle(Claimed& claimed);
  void Handle(LaneOpened& opened);
  void Handle(Lost& lost);
  void Handle(PeerAnswered& answered);
  void HandleWakes();

  // --- other nodes
  // What this process holds is its for certain now.
  bool Sure() const;
  // As FindOrLoad, and read again when it is not certain that it is still ours.
  Slot* FindSure(const std::string& gid);
  // Forgets what is known of a record that may have changed and reads it; who waits goes on
  // waiting.
  void Reload(Slot* slot);
  void OnElsewhere(Slot* slot, const port::Holding& holding);
  void OnUnreadable(Slot* slot, const absl::Status& status);
  void LookAgainForAll();

  // --- slots
  Slot* Find(const std::string& gid);
  Slot* NewSlot(const std::string& gid);
  // Those for which `wanted` holds, in the order they came and not in that of a hash table, which
  // differs from run to run: a simulation has to repeat.
  std::vector<Slot*> SlotsThat(absl::FunctionRef<bool(const Slot&)> wanted);
  // The slot of `gid`, asking the store when it is not in memory.
  Slot* FindOrLoad(const std::string& gid);
  void Erase(Slot* slot);
  // Takes up a record that was read from the store.
  void TakeUp(Slot* slot, core::GlobalTransaction record);
  void Evict(Slot* slot);

  // --- one slot, not busy
  void Process(Slot* slot, SlotItem& item);
  void Process(Slot* slot, Request& request);
  void Process(Slot* slot, WaitRequest& request);
  void Process(Slot* slot, CallReturned& returned);
  void Process(Slot* slot, ReplyArrived& arrived);
  void Process(Slot* slot, Inspection& inspection);
  // Steps an event on an open slot and notes what came of it.
  core::Decision Step(Slot* slot, core::Event event);
  void Note(Slot* slot, core::Decision& decision);
  void BeginCommit(Slot* slot);
  // After processing: items put aside, then Act. May erase the slot.
  void Settle(Slot* slot);
  // Does what is owed. May erase the slot.
  void Act(Slot* slot);
  // Calls what is due. True: something has to be stored before it goes out, and is on its way
  // there.
  bool LaunchDue(Slot* slot);
  void Launch(Slot* slot, uint32_t row);
  void StartFallback(Slot* slot, uint32_t row, const port::ParticipantFacts& facts);
  void GiveUpFallback(Slot* slot, uint32_t row);
  // Of the participant behind a branch's target; nullopt: it did not register.
  std::optional<port::ParticipantFacts> FactsOf(const core::Branch& branch) const;
  // Whether a branch that was not reached may be tried over the fallback soon.
  bool HasWayRound(const core::Branch& branch,
                   const std::optional<port::ParticipantFacts>& facts) const;
  // Of the participant or the server, for a branch whose transaction names none.
  uint32_t AttemptLimit(const std::optional<port::ParticipantFacts>& facts) const;
  void ReleaseWaiters(Slot* slot);
  void Rearm(Slot* slot);
  void TellRest(Slot* slot);

  // --- after a commit
  void OnDone(Slot* slot);
  void OnRetrying(Slot* slot, const std::string& error);
  void OnInsertFailed(Slot* slot, const std::string& error);
  void OnOtherRecord(Slot* slot, CommitResult& result);
  void OnNotThere(Slot* slot);
  void ReleaseHeld(Slot* slot);
  void FailAll(Slot* slot, Answer::Kind kind, const std::string& error);

  void Refuse(Reply& reply, const std::string& limit);
  // One that may have been done is not told that nothing was.
  void Refuse(Request& request, const std::string& limit);
  // `row`: what last_row is to be; -1: the row that answered last.
  Answer MakeAnswer(const Slot& slot, core::Verdict verdict, int32_t row) const;
  core::Context StepContext();

  EngineContext* const context_;
  const std::shared_ptr<Inbox<RunnerItem>> inbox_;  // calls that are out keep it alive
  port::Strand* strand_ = nullptr;

  base::Time now_;  // read once per Body
  std::vector<RunnerItem> items_;
  absl::flat_hash_map<std::string, std::unique_ptr<Slot>> slots_;
  absl::flat_hash_map<uint64_t, Slot*> by_number_;
  uint64_t last_number_ = 0;
  WakeList wakes_;
  Forwarder forwarder_;
  std::vector<PendingWrite> writes_;  // handed to the committer at the end of Body
};

}  // namespace saga::engine
