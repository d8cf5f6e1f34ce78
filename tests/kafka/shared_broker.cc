// The one Kafka broker of a run of ctest.
//
//   kafka_shared_broker start PREFIX   starts it in the background and returns when it is ready
//   kafka_shared_broker stop PREFIX    stops it
//
// "ADDRESS PID" is in the file PREFIX.P, where P is the process that called this: ctest, whose
// tests look there (fixture::SharedKafka). Two runs of ctest in one build so have a broker each.
// When P ends without a stop the broker ends too.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/fixture/kafka_broker.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga {
namespace {

volatile sig_atomic_t stop_asked = 0;

void AskToStop(int) { stop_asked = 1; }

// Until SIGTERM or the end of `starter`.
void WaitForEnd(int starter_fd, const sigset_t& usual_signals) {
  pollfd starter{.fd = starter_fd, .events = POLLIN};
  while (stop_asked == 0 && ppoll(&starter, 1, nullptr, &usual_signals) < 0) {
  }
}

// ctest waits for the end of everything that has its pipes.
void LeaveTheTerminal(const std::string& log_file) {
  setsid();
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, 0);
  dup2(log, 1);
  dup2(log, 2);
}

// In the process that stays: the exit code.
int Keep(const std::string& file, pid_t starter) {
  const int starter_fd = static_cast<int>(syscall(SYS_pidfd_open, starter, 0));
  if (starter_fd < 0) return 1;
  sigset_t term;
  sigset_t usual;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, &usual);
  signal(SIGTERM, AskToStop);

  fixture::KafkaBroker broker;
  if (!broker.WaitReady()) {
    fprintf(stderr, "%s%s", broker.process().Stdout().c_str(), broker.process().Stderr().c_str());
    fflush(stderr);
    return 1;
  }
  const std::string fresh = file + ".new";
  fixture::WriteFile(fresh, absl::StrCat(broker.address(), " ", getpid()));
  if (rename(fresh.c_str(), file.c_str()) != 0) return 1;
  WaitForEnd(starter_fd, usual);
  unlink(file.c_str());
  broker.Stop();
  unlink(absl::StrCat(file, ".log").c_str());
  return 0;
}

int Start(const std::string& file, pid_t starter) {
  unlink(file.c_str());
  const pid_t keeper = fork();
  if (keeper < 0) return 1;
  if (keeper == 0) {
    LeaveTheTerminal(file + ".log");
    _exit(Keep(file, starter));
  }
  int status = 0;
  bool ended = false;
  const bool known = fixture::WaitUntil(absl::Seconds(120), [&] {
    ended = waitpid(keeper, &status, WNOHANG) == keeper;
    return ended || access(file.c_str(), R_OK) == 0;
  });
  if (known && !ended) {
    printf("%s\n", fixture::ReadFile(file).c_str());
    return 0;
  }
  fprintf(stderr, "The broker did not become ready:\n%s", fixture::ReadFile(file + ".log").c_str());
  if (!ended) kill(keeper, SIGTERM);
  return 1;
}

int Stop(const std::string& file) {
  const std::string text = fixture::ReadFile(file);
  const size_t space = text.find(' ');
  if (space == std::string::npos) {
    fprintf(stderr, "No broker of this run: %s\n", file.c_str());
    return 1;
  }
  const pid_t keeper = std::atoi(text.c_str() + space + 1);
  if (kill(keeper, SIGTERM) != 0) return 1;
  const bool gone = fixture::WaitUntil(absl::Seconds(60), [&] { return kill(keeper, 0) != 0; });
  return gone ? 0 : 1;
}

}  // namespace
}  // namespace saga

int main(int argc, char** argv) {
  const std::string act = argc == 3 ? argv[1] : "";
  const pid_t starter = getppid();
  if (act == "start") {
    return saga::Start(saga::fixture::SharedKafkaFile(argv[2], starter), starter);
  }
  if (act == "stop") return saga::Stop(saga::fixture::SharedKafkaFile(argv[2], starter));
  fprintf(stderr, "usage: kafka_shared_broker start|stop PREFIX\n");
  return 2;
}
