#pragma once

// The calls of DTM's protocol behind their transports: check, translate, ask the engine, word
// the answer. What a request comes to therefore does not depend on the door it came through.

#include "absl/functional/any_invocable.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/topics.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/engine/engine.h"

namespace saga::api {

// Thread-safe. Every call returns at once. `done` runs exactly once: before the call returns when
// the request is refused, otherwise on an engine thread; it must be quick. A submit with
// wait_result, and an abort of a transaction that was prepared with it, are answered when the
// transaction has ended or come to rest. The submit of a workflow is the client's word that it has
// ended, and never waits.
class DtmCalls {
 public:
  using Done = absl::AnyInvocable<void(WireAnswer)>;

  // Both outlive this.
  DtmCalls(engine::Engine& engine, Topics* topics, const core::RequestLimits& limits = {})
      : engine_(engine), topics_(*topics), limits_(limits) {}

  const core::RequestLimits& limits() const { return limits_; }

  void Prepare(DtmRequest request, Done done);
  void Submit(DtmRequest request, Done done);
  void Abort(DtmRequest request, Done done);
  void RegisterBranch(DtmRegistration registration, Done done);

  // `done` also gets the transaction with the steps noted so far; without a gid on any refusal.
  using Progress = absl::AnyInvocable<void(WireAnswer, core::GlobalTransaction)>;
  void PrepareWorkflow(DtmRequest request, Progress done);

  // Only the gid is read. What an operator at DTM's console asks for.
  void ForceStop(DtmRequest request, Done done);
  void RetryNow(DtmRequest request, Done done);

 private:
  // Checked, its topics resolved, translated.
  absl::StatusOr<core::GlobalTransaction> DraftOf(RequestKind kind, DtmRequest request);
  void EndWorkflow(DtmRequest request, Done done);
  // `rows_vary` as core::Submitted has it.
  void SubmitDraft(DtmRequest request, bool rows_vary, Done done);
  // Submits a message that is there already, without looking at its steps; `refusal` is the answer
  // when it is not.
  void SubmitStored(DtmRequest request, absl::Status refusal, Done done);

  engine::Engine& engine_;
  Topics& topics_;
  const core::RequestLimits limits_;
};

}  // namespace saga::api
