#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/time/time.h"

namespace saga::e2e {

// A participant over gRPC, in the test's process, with any method. It answers OK after `delay`, and
// remembers what it was called for.
//
// Thread-safe.
class Participant {
 public:
  explicit Participant(absl::Duration delay = absl::ZeroDuration());
  ~Participant();

  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  // A branch target here: "127.0.0.1:port/test.Participant/<method>".
  std::string Target(const std::string& method) const;

  // Calls that come from now on stay open until Release.
  void Hold();
  // Answers what is held, and holds no more.
  void Release();
  // Calls held now.
  size_t Held() const;

  // How often each op of each branch of `gid` was called: "01 action" -> 2.
  std::map<std::string, int> CallsOf(const std::string& gid) const;
  std::set<std::string> Gids() const;
  size_t Calls() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::e2e
