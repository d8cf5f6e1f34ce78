#pragma once

#include <string>

namespace saga::cli {

// What `sagactl help` prints.
std::string Overview();

// What `sagactl help TOPIC` prints: a command, a noun, or one of the topics that
// Overview names. Empty: there is no such topic.
std::string HelpOn(const std::string& topic);

// "did you mean ...?" for a word that is no command; empty when nothing is near.
std::string Suggestion(const std::string& word);

}  // namespace saga::cli
