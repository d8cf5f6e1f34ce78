#include "cli/printer/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/printer/text.h"

namespace saga::cli {

bool StdoutIsTerminal() { return isatty(STDOUT_FILENO) == 1; }

std::string Paint(const std::string& text, Colour colour) {
  static const bool coloured = [] {
    const char* const refused = std::getenv("NO_COLOR");
    return StdoutIsTerminal() && (refused == nullptr || *refused == '\0');
  }();
  if (!coloured || text.empty()) return text;
  const char* code = "";
  switch (colour) {
    case Colour::kPlain:
      return text;
    case Colour::kGood:
      code = "32";
      break;
    case Colour::kBad:
      code = "31";
      break;
    case Colour::kWarn:
      code = "33";
      break;
    case Colour::kDim:
      code = "2";
      break;
  }
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

Colour ColourOf(const std::string& word) {
  if (word == "succeed" || word == "ok" || word == "success" || word == "done" || word == "live" ||
      word == "closed")
    return Colour::kGood;
  if (word == "failed" || word == "failure" || word == "dead" || word == "open" ||
      word == "expired" || word == "unreachable")
    return Colour::kBad;
  if (word == "aborting" || word == "retrying" || word == "unknown" || word == "half_open" ||
      word == "paused" || word == "stopped" || word == "stopping" || word == "not_serving")
    return Colour::kWarn;
  return Colour::kPlain;
}

void Complain(const std::string& text) {
  std::fprintf(stderr, "sagactl: %s\n", OneLine(text).c_str());
}

}  // namespace saga::cli
