#include "tests/bench/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace saga::bench {
namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::milliseconds kStopPoll{5};

// Runs in the new process, between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeChild(char* const* argv, char* const* environment, const char* directory,
                              int output, bool redirect_errors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  if (redirect_errors) dup2(output, STDERR_FILENO);
  if (*directory != '\0' && chdir(directory) != 0) _exit(126);
  execvpe(argv[0], argv, environment);
  _exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const Options& options) {
  std::vector<std::string> arguments = options.command;
  // Of two entries with one name the first counts, so ours go before the inherited ones.
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::vector<char*> argv = Pointers(arguments);
  std::vector<char*> envp = Pointers(environment);

  int read_end = -1;
  int write_end = -1;
  if (options.log_file.empty()) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError(strerror(errno));
    read_end = ends[0];
    write_end = ends[1];
  } else {
    write_end = open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (write_end < 0) {
      return absl::InternalError(absl::StrCat(options.log_file, ": ", strerror(errno)));
    }
  }
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeChild(argv.data(), envp.data(), options.directory.c_str(), write_end,
                !options.log_file.empty());
  }
  close(write_end);
  if (pid < 0) {
    if (read_end >= 0) close(read_end);
    return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  }
  return ChildProcess(pid, read_end);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  return *this;
}

ChildProcess::~ChildProcess() {
  Stop(SIGKILL);
  if (output_ >= 0) close(output_);
}

bool ChildProcess::Running() {
  if (pid_ < 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

absl::StatusOr<std::string> ChildProcess::ReadLine() {
  std::string line;
  char letter = 0;
  while (true) {
    const ssize_t count = read(output_, &letter, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return absl::UnavailableError("the process closed its output");
    if (letter == '\n') return line;
    line.push_back(letter);
  }
}

void ChildProcess::Stop(int signal) {
  if (!Running()) return;
  kill(pid_, signal);
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (Running()) {
    if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kStopPoll);
  }
}

}  // namespace saga::bench
