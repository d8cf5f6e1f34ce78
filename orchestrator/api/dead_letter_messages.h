#pragma once

// Dead letters, jobs and parked messages as messages of saga.v1, and what requests ask for as core
// types. Pure functions, thread-safe. InvalidArgument names the field and what is allowed.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/replay_jobs.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/outbox_store.h"
#include "saga/v1/dead_letter.pb.h"

namespace saga::api {

// `branch` is one of `transaction`, which needs no branches itself.
v1::DeadLetter ToMessage(const core::GlobalTransaction& transaction, const core::Branch& branch,
                         bool with_payload);
v1::DeadLetterGroup ToMessage(const port::DeadLetterGroup& group);
v1::Job ToMessage(const engine::JobView& view);
v1::JobItem ToMessage(const port::JobItem& item);
v1::ParkedMessage ToMessage(const port::ParkedMessage& parked);

// selected, running, stopping, done, stopped.
std::string_view WordOf(port::JobState state);
// pending, running, done, failed, skipped.
std::string_view WordOf(port::ItemState state);

struct BranchName {
  std::string gid;
  std::string branch_id;
  core::Op op = core::Op::kAction;
};
absl::StatusOr<BranchName> ToBranchName(const v1::DeadLetterName& name);

absl::StatusOr<core::DeadLetterAct::Kind> ToActKind(const std::string& act);

// Zeros become the defaults.
absl::StatusOr<port::JobLimits> ToLimits(const v1::JobLimits& limits);

// Empty: any.
absl::StatusOr<std::optional<port::ItemState>> ToItemState(const std::string& state);

// Ok when the actor says why, in a text of a length that can be kept.
absl::Status CheckReason(const v1::Actor& actor);
// "user@host tool", without the reason.
std::string WhoText(const v1::Actor& actor);

}  // namespace saga::api
