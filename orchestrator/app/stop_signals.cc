#include "orchestrator/app/stop_signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "orchestrator/base/check.h"

namespace saga::app {

StopSignals::StopSignals(std::function<void()> second) : second_(std::move(second)) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  SAGA_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  end_fd_ = eventfd(0, EFD_CLOEXEC);
  SAGA_CHECK(signal_fd_ >= 0 && end_fd_ >= 0);
  thread_ = std::thread([this] { Run(); });
}

StopSignals::~StopSignals() {
  const uint64_t one = 1;
  SAGA_CHECK(write(end_fd_, &one, sizeof(one)) == sizeof(one));
  thread_.join();
  close(signal_fd_);
  close(end_fd_);
}

int StopSignals::Wait() {
  first_came_.WaitForNotification();
  return first_;
}

void StopSignals::Run() {
  pthread_setname_np(pthread_self(), "signals");
  pollfd sources[2] = {{.fd = signal_fd_, .events = POLLIN}, {.fd = end_fd_, .events = POLLIN}};
  while (true) {
    if (poll(sources, 2, -1) < 0) continue;  // interrupted
    if (sources[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof(info)) != sizeof(info)) continue;
    if (first_came_.HasBeenNotified()) {
      second_();
    } else {
      first_ = static_cast<int>(info.ssi_signo);
      first_came_.Notify();
    }
  }
}

}  // namespace saga::app
