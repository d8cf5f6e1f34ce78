#pragma once

// From what was typed to the dead letter that it names.

#include <string>

#include "cli/command/command.h"

namespace saga::cli {

// How the usage line calls it.
inline constexpr char kNameArgument[] = "GID/BRANCH/OP";
inline constexpr char kNameDetails[] =
    "GID/BRANCH/OP is the name that dlq list shows, or as much of its beginning as only one dead "
    "letter has.";

// The dead letter `typed` names, with its payload. Anything but kOk: complained why not. Says which
// one it is when only its beginning was typed.
ExitCode FindDeadLetter(Call& call, const std::string& typed, v1::DeadLetter* letter);

// Parses GID/BRANCH/OP. The gid may have slashes. False: it is none.
bool ParseName(const std::string& typed, v1::DeadLetterName* name);

// Acts on each of the arguments, an act that takes a name, a death and a reason. The exit code for
// all of them.
ExitCode ActOnEach(Call& call, const std::string& act);

}  // namespace saga::cli
