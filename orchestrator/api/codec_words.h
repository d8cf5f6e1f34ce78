#pragma once

// The wire's words read back into core's enums; core/words.h writes them. With it this is the only
// place that knows them. Pure functions, thread-safe. A word that names nothing is nullopt.

#include <array>
#include <optional>
#include <string_view>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/core/status.h"
#include "orchestrator/core/words.h"

namespace saga::api {

// All there are.
inline constexpr std::array kModes = {core::Mode::kSaga, core::Mode::kTcc, core::Mode::kMessage,
                                      core::Mode::kXa, core::Mode::kWorkflow};
inline constexpr std::array kOps = {core::Op::kAction,  core::Op::kCompensate, core::Op::kConfirm,
                                    core::Op::kCancel,  core::Op::kQuery,      core::Op::kTry,
                                    core::Op::kCommit,  core::Op::kRollback,   core::Op::kCallback,
                                    core::Op::kBusiness};

std::optional<core::Mode> ModeFromWord(std::string_view word);
std::optional<core::Op> OpFromWord(std::string_view word);
std::optional<core::Status> StatusFromWord(std::string_view word);
std::optional<core::BranchStatus> BranchStatusFromWord(std::string_view word);
std::optional<core::Outcome> OutcomeFromWord(std::string_view word);
// The empty word is http (protocol 2.1).
std::optional<core::Protocol> ProtocolFromWord(std::string_view word);

// prepared, submitted, registered, answered, aborting, ended, abort_requested, retry_now,
// force_stopped
// (saga.v1.HistoryEntry.kind).
std::string_view WordOf(core::HistoryKind kind);
std::optional<core::HistoryKind> HistoryKindFromWord(std::string_view word);

}  // namespace saga::api
