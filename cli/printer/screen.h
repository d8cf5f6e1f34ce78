#pragma once

// The whole terminal for one program: the alternate screen, no cursor, keys as they are typed. What
// was on the terminal before is there again afterwards, also after SIGTERM and SIGHUP.

#include <termios.h>

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace saga::cli {

class Screen {
 public:
  // Standard input and output have to be a terminal.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  size_t columns() const;
  size_t rows() const;

  // Replaces what is shown.
  void Draw(const std::string& text);

  // Waits; true when q, Ctrl-C or a signal asked for the end.
  bool WaitForQuit(absl::Duration timeout);

 private:
  termios before_ = {};
};

}  // namespace saga::cli
