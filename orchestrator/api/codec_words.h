#pragma once

// The wire's words read back into core's enums; core/words.h writes them. With it this is the only
// place that knows them. Pure functions, thread-safe. A word that names nothing is nullopt.

#include <optional>
#include <string_view>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/core/status.h"
#include "orchestrator/core/words.h"

namespace saga::api {

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
