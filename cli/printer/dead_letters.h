#pragma once

// Dead letters for a person's eyes.

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/printer/time.h"
#include "saga/v1/dead_letter.pb.h"

namespace saga::cli {

// GID/BRANCH/OP: what the commands of dlq take.
std::string NameText(const v1::DeadLetterName& name);

// One row each; `wide` adds what is rarely needed.
std::string DeadLetterTable(const std::vector<v1::DeadLetter>& letters, bool wide, TimeStyle style,
                            absl::Time now);

// Everything there is to say about one, its payload, and what could be done next.
std::string Description(const v1::DeadLetter& letter, TimeStyle style, absl::Time now);

std::string GroupTable(const v1::GroupDeadLettersReply& groups, TimeStyle style, absl::Time now);

// A filter that means the letters of a group.
std::string FilterOf(const v1::DeadLetterGroup& group);

std::string ParkedTable(const v1::ListParkedMessagesReply& messages, bool wide, TimeStyle style,
                        absl::Time now);

}  // namespace saga::cli
