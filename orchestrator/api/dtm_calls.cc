#include "orchestrator/api/dtm_calls.h"

#include <utility>

#include "orchestrator/api/topic_steps.h"
#include "orchestrator/api/validate.h"

namespace saga::api {

namespace {

engine::Reply Word(Asked asked, DtmCalls::Done done) {
  return [asked = std::move(asked), done = std::move(done)](engine::Answer answer) mutable {
    done(ToWire(asked, answer));
  };
}

}  // namespace

absl::StatusOr<core::GlobalTransaction> DtmCalls::DraftOf(RequestKind kind, DtmRequest request) {
  absl::Status valid = Validate(kind, request, limits_);
  if (valid.ok() && NamesTopics(request)) valid = FillReceivers(topics_, request, limits_.steps);
  if (!valid.ok()) return valid;
  return ToDraft(kind, std::move(request));
}

void DtmCalls::Prepare(DtmRequest request, Done done) {
  auto draft = DraftOf(RequestKind::kPrepare, std::move(request));
  if (!draft.ok()) return done(ToWire(draft.status()));
  Asked asked{RequestKind::kPrepare, draft->gid, /*waited=*/false};
  engine_.Prepare(*std::move(draft), Word(std::move(asked), std::move(done)));
}

void DtmCalls::Submit(DtmRequest request, Done done) {
  if (core::FromWord<core::Mode>(request.trans_type) == core::Mode::kWorkflow)
    return EndWorkflow(std::move(request), std::move(done));
  if (const absl::Status valid = Validate(RequestKind::kSubmit, request, limits_); !valid.ok())
    return done(ToWire(valid));
  const bool rows_vary = NamesTopics(request);
  absl::Status filled =
      rows_vary ? FillReceivers(topics_, request, limits_.steps) : absl::OkStatus();
  if (!filled.ok()) return SubmitStored(std::move(request), std::move(filled), std::move(done));
  SubmitDraft(std::move(request), rows_vary, std::move(done));
}

void DtmCalls::SubmitDraft(DtmRequest request, bool rows_vary, Done done) {
  const bool waits = request.wait_result;
  auto draft = ToDraft(RequestKind::kSubmit, std::move(request));
  if (!draft.ok()) return done(ToWire(draft.status()));
  Asked asked{RequestKind::kSubmit, draft->gid, waits};
  const auto until = waits ? engine::WaitFor::kRest : engine::WaitFor::kStored;
  engine_.Submit({*std::move(draft), rows_vary}, until, Word(std::move(asked), std::move(done)));
}

// Who receives a message was settled when it was prepared, and its sender has done its part since:
// what has become of the topic must not keep it back.
void DtmCalls::SubmitStored(DtmRequest request, absl::Status refusal, Done done) {
  const std::string gid = request.gid;
  request.steps.clear();
  engine_.Inspect(gid, [this, request = std::move(request), refusal = std::move(refusal),
                        done = std::move(done)](const engine::Snapshot* live) mutable {
    if (live == nullptr) return done(ToWire(refusal));
    SubmitDraft(std::move(request), /*rows_vary=*/true, std::move(done));
  });
}

void DtmCalls::Abort(DtmRequest request, Done done) {
  if (const absl::Status valid = Validate(RequestKind::kAbort, request, limits_); !valid.ok())
    return done(ToWire(valid));
  Asked asked{RequestKind::kAbort, request.gid, /*waited=*/false};
  core::AbortRequested event;
  event.reason = std::move(request.rollback_reason);
  engine_.Abort(request.gid, std::move(event), engine::WaitFor::kStored,
                Word(std::move(asked), std::move(done)));
}

void DtmCalls::RegisterBranch(DtmRegistration registration, Done done) {
  if (const absl::Status valid = Validate(registration, limits_); !valid.ok())
    return done(ToWire(valid));
  const std::string gid = registration.gid;
  engine_.RegisterBranch(gid, ToRegistration(std::move(registration)),
                         Word({RequestKind::kRegisterBranch, gid, false}, std::move(done)));
}

void DtmCalls::PrepareWorkflow(DtmRequest request, Progress done) {
  auto draft = DraftOf(RequestKind::kPrepareWorkflow, std::move(request));
  if (!draft.ok()) return done(ToWire(draft.status()), {});
  Asked asked{RequestKind::kPrepareWorkflow, draft->gid, /*waited=*/false};
  engine_.Prepare(*std::move(draft), [asked = std::move(asked),
                                      done = std::move(done)](engine::Answer answer) mutable {
    WireAnswer wire = ToWire(asked, answer);
    const bool told = wire.kind == WireAnswer::Kind::kSuccess;
    done(std::move(wire), told ? std::move(answer.transaction) : core::GlobalTransaction());
  });
}

void DtmCalls::EndWorkflow(DtmRequest request, Done done) {
  if (const absl::Status valid = Validate(RequestKind::kSubmit, request, limits_); !valid.ok())
    return done(ToWire(valid));
  const std::string gid = request.gid;
  engine_.EndWorkflow(gid, ToWorkflowEnd(std::move(request)),
                      Word({RequestKind::kEndWorkflow, gid, false}, std::move(done)));
}

void DtmCalls::ForceStop(DtmRequest request, Done done) {
  if (const absl::Status valid = Validate(RequestKind::kForceStop, request, limits_); !valid.ok())
    return done(ToWire(valid));
  engine_.ForceStop(request.gid, {},
                    Word({RequestKind::kForceStop, request.gid, false}, std::move(done)));
}

void DtmCalls::RetryNow(DtmRequest request, Done done) {
  if (const absl::Status valid = Validate(RequestKind::kRetryNow, request, limits_); !valid.ok())
    return done(ToWire(valid));
  engine_.RetryNow(request.gid, {},
                   Word({RequestKind::kRetryNow, request.gid, false}, std::move(done)));
}

}  // namespace saga::api
