#include "tests/contract/branch_caller/calls.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/words.h"

namespace saga::tests {

size_t Calls::Start(port::BranchCaller& caller, port::BranchCall call) {
  size_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    number = entries_.size();
    entries_.emplace_back();
  }
  caller.Call(std::move(call), [this, number](port::BranchReply reply) {
    absl::MutexLock lock(&mutex_);
    Entry& entry = entries_[number];
    if (entry.dones++ == 0) ++ended_;
    entry.reply = std::move(reply);
  });
  return number;
}

bool Calls::AllEnded() {
  absl::MutexLock lock(&mutex_);
  auto all = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ == entries_.size(); };
  return mutex_.AwaitWithTimeout(absl::Condition(&all), kPatience);
}

int Calls::Dones(size_t number) const {
  absl::MutexLock lock(&mutex_);
  return entries_.at(number).dones;
}

port::BranchReply Calls::Reply(size_t number) const {
  absl::MutexLock lock(&mutex_);
  return entries_.at(number).reply;
}

size_t Calls::ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

port::BranchReply CallAndWait(port::BranchCaller& caller, port::BranchCall call) {
  // Shared with the call, so that one that ends too late for the test's patience finds its place.
  auto calls = std::make_shared<Calls>();
  calls->Start(caller, std::move(call));
  if (!calls->AllEnded()) {
    ADD_FAILURE() << "the call did not end";
    static std::vector<std::shared_ptr<Calls>> kept;
    kept.push_back(calls);
    return {};
  }
  EXPECT_EQ(calls->Dones(0), 1);
  return calls->Reply(0);
}

int UnusedPort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SAGA_CHECK(listener >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  SAGA_CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SAGA_CHECK(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(listener);
  return ntohs(address.sin_port);
}

std::string OutcomeWord(core::Outcome outcome) { return std::string(core::WordOf(outcome)); }

}  // namespace saga::tests

// Debian's c-ares, with which gRPC looks names up, loses a few bytes for every name it finds in
// /etc/hosts. Read by the address sanitizer, if there is one.
extern "C" const char* __lsan_default_suppressions() { return "leak:libcares"; }
