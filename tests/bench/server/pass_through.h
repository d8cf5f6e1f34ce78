#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"

namespace saga::bench {

// What remains of an orchestrator when everything but its calls is taken away: a gRPC server that,
// for each call of any method, calls the participant `branches` times, one after another, and then
// answers with an empty message. No store, no decision, no decoding: the most that a server with
// this gRPC library could do on this machine.
class PassThrough {
 public:
  virtual ~PassThrough() = default;  // stops the server
  [[nodiscard]] virtual int Port() const = 0;
};

struct PassThroughOptions {
  Address listen;
  Address participant;
  int branches = 2;
  int threads = 1;  // each with its own completion queue and its own connection to the participant
};

// Unavailable when the address cannot be listened on.
[[nodiscard]] absl::StatusOr<std::unique_ptr<PassThrough>> StartPassThrough(
    const PassThroughOptions& options);

}  // namespace saga::bench
