#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/server/behaviour.h"
#include "tests/bench/server/call_counts.h"

namespace saga::bench {

// A gRPC server that answers any unary method with an empty message, on one thread of its own.
class GrpcParticipant {
 public:
  virtual ~GrpcParticipant() = default;  // stops the server; calls that hang are cancelled
  [[nodiscard]] virtual int Port() const = 0;
};

// counts and behaviour must outlive the participant. Unavailable when the address cannot be
// listened on.
[[nodiscard]] absl::StatusOr<std::unique_ptr<GrpcParticipant>> StartGrpcParticipant(
    const Address& listen, Behaviour& behaviour, CallCounts& counts);

}  // namespace saga::bench
