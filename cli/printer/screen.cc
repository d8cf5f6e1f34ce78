#include "cli/printer/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"

namespace saga::cli {

namespace {

constexpr char kCtrlC = '\x03';
constexpr char kEndOfInput = '\x04';

volatile std::sig_atomic_t asked_to_end = 0;

void AskToEnd(int) { asked_to_end = 1; }

winsize Size() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  return size;
}

}  // namespace

Screen::Screen() {
  std::signal(SIGTERM, AskToEnd);
  std::signal(SIGHUP, AskToEnd);
  tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
}

Screen::~Screen() {
  std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
}

size_t Screen::columns() const { return Size().ws_col; }
size_t Screen::rows() const { return Size().ws_row; }

void Screen::Draw(const std::string& text) {
  // Over what is there, and only then the rest cleared: nothing flickers.
  std::cout << "\x1b[H" << absl::StrReplaceAll(text, {{"\n", "\x1b[K\n"}}) << "\x1b[K\x1b[J"
            << std::flush;
}

bool Screen::WaitForQuit(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (asked_to_end == 0) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&input, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1) <= 0) continue;
    char key = 0;
    const ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got == 0 || key == 'q' || key == 'Q' || key == kCtrlC || key == kEndOfInput) return true;
  }
  return true;
}

}  // namespace saga::cli
