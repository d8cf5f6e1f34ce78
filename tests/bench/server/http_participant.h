#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/server/behaviour.h"
#include "tests/bench/server/call_counts.h"

namespace saga::bench {

// An HTTP server that answers any request with 200 {}, on one thread of its own. Two paths are its
// controls:
//   GET  /counts               the calls so far, of the gRPC participant too: CallCounts::Json
//   POST /delay?ms=N           from now on every call is answered after N milliseconds
class HttpParticipant {
 public:
  virtual ~HttpParticipant() = default;  // stops the server and closes its connections
  [[nodiscard]] virtual int Port() const = 0;
};

// counts and behaviour must outlive the participant. Unavailable when the address cannot be
// listened on.
[[nodiscard]] absl::StatusOr<std::unique_ptr<HttpParticipant>> StartHttpParticipant(
    const Address& listen, Behaviour& behaviour, CallCounts& counts);

}  // namespace saga::bench
