#pragma once

// sagad as the client of a TCC that was born from a definition: prepares, registers and tries every
// step in turn, then submits, or aborts when a try does not succeed (protocol 5.4). A try is called
// once: its client cannot tell a lost answer from a refusal, and cancelling is right for both.
// Nothing of this is stored: should sagad die in between, the prepared transaction times out and is
// cancelled like that of any client that went away.

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "orchestrator/base/bytes.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/step.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::api {

// Thread-safe. Tries do not pass through the engine's lanes; at most core::kMaxTccDrives
// transactions are tried at once.
class TccDriver {
 public:
  // `started`: the gid was new, so this call began the transaction. Otherwise `answer` tells of the
  // one there is.
  using Done = absl::AnyInvocable<void(bool started, engine::Answer answer)>;

  // Both outlive this.
  TccDriver(engine::Engine& engine, port::BranchCaller& caller, const core::Settings& settings);
  ~TccDriver();

  TccDriver(const TccDriver&) = delete;
  TccDriver& operator=(const TccDriver&) = delete;

  // `draft` is core::Instantiate's, payloads[i] belongs to step i. `definition` stays unchanged and
  // alive until `done`, which runs exactly once, on any thread. `wait`: for the end of the second
  // phase.
  void Start(const core::SagaDefinition& definition, core::GlobalTransaction draft,
             std::vector<base::Bytes> payloads, engine::WaitFor wait, Done done);

  // Aborts what is being tried, as the tries that are out come back, and returns when none of it
  // uses the engine or the caller any more: within the timeout of one try, as long as both still
  // answer. Nothing can be started afterwards.
  void Stop();

 private:
  struct Shared;
  class Drive;
  std::shared_ptr<Shared> shared_;
};

}  // namespace saga::api
