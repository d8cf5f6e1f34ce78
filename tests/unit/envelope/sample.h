#pragma once

// Random and plain examples of what an envelope holds.

#include <random>
#include <string>

#include "orchestrator/base/message.h"
#include "orchestrator/envelope/command.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/event.h"
#include "orchestrator/envelope/reply.h"

namespace saga::envelope {

using Random = std::mt19937_64;

// Any bytes, nothing included.
std::string RandomBytes(Random& random, size_t longest);
// Valid UTF-8 with characters of every length; may be empty.
std::string RandomText(Random& random, size_t most_characters);

// Everything that may be empty sometimes is; times to the millisecond, as the wire has them.
Command RandomCommand(Random& random);
Reply RandomReply(Random& random);
Event RandomEvent(Random& random);
DeadLetter RandomDeadLetter(Random& random);

// With every field set, to something readable.
Command PlainCommand();
Reply PlainReply();
Event PlainEvent();
DeadLetter PlainDeadLetter();

// The value of the last header of that name; "(none)" when there is none.
std::string HeaderOf(const base::Message& message, const std::string& name);
base::Message Without(base::Message message, const std::string& name);
base::Message With(base::Message message, const std::string& name, const std::string& value);

}  // namespace saga::envelope
