#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace saga::bench {

// A process started by the bench. It never outlives it: the destructor kills it, and the kernel
// does when the bench itself is killed. Not thread-safe; start from the main thread, since the
// kernel's tie is to the starting thread.
class ChildProcess {
 public:
  struct Options {
    // Program and arguments; the program is looked up in PATH.
    std::vector<std::string> command;
    // Working directory; empty: the bench's own.
    std::string directory;
    // NAME=VALUE, added to the bench's own.
    std::vector<std::string> environment;
    // Appended with stdout and stderr; empty: stdout is piped to ReadLine, stderr shared.
    std::string log_file;
  };

  [[nodiscard]] static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  [[nodiscard]] pid_t Pid() const { return pid_; }
  [[nodiscard]] bool Running();
  // The next line the child prints, without its end; only without log_file. Unavailable when it
  // closed its output.
  [[nodiscard]] absl::StatusOr<std::string> ReadLine();
  // Sends the signal and waits for the end; kills after ten seconds.
  void Stop(int signal);

 private:
  ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;   // -1 once waited for
  int output_;  // -1 without a pipe
};

}  // namespace saga::bench
