#pragma once

// Where branches are called, for a person's eyes: destinations, participants, the outbox.

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/printer/time.h"
#include "saga/v1/destination.pb.h"
#include "saga/v1/registry.pb.h"

namespace saga::cli {

// One word: paused, or how the breaker is.
std::string StateOf(const v1::Destination& destination);

std::string DestinationTable(const std::vector<v1::Destination>& destinations, bool wide);
// With what could be done next.
std::string Description(const v1::Destination& destination, TimeStyle style, absl::Time now);

std::string ParticipantTable(const v1::ListParticipantsReply& participants, bool wide);
std::string Description(const v1::Participant& participant, TimeStyle style, absl::Time now);

std::string OutboxText(const v1::Outbox& outbox, TimeStyle style, absl::Time now);

}  // namespace saga::cli
