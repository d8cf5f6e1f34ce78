#pragma once

// Whether a person is looking, and colour for them. Data goes to stdout and talk to stderr, always.

#include <string>

namespace saga::cli {

bool StdoutIsTerminal();

enum class Colour { kPlain, kGood, kBad, kWarn, kDim };

// `text` in colour when stdout is a terminal and NO_COLOR is not set.
std::string Paint(const std::string& text, Colour colour);

// The colour that a word for a state deserves: of a transaction, a job, a breaker, an instance.
Colour ColourOf(const std::string& word);

// "sagactl: text" on stderr, as one line.
void Complain(const std::string& text);

}  // namespace saga::cli
