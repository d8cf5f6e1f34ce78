#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/client/call.h"

namespace saga::bench {

enum class Protocol { kGrpc, kHttp };

// Makes calls for many clients on one thread. A slot is one client: it has at most one call at a
// time. Single-threaded on purpose: a second thread would take processor time from the server that
// is measured, on the same machine.
class Transport {
 public:
  // Called once per Start, from Run.
  using OnAnswer = std::function<void(int slot, const Answer& answer)>;

  struct Options {
    std::vector<Address> servers;  // nodes of one server: the slots are spread over them
    Address participant;
    int slots = 1;
    // gRPC connections to the server, all nodes together; 0: one for each slot, and never more than
    // that. At least one for each node.
    int channels = 0;
    std::chrono::seconds call_timeout{60};  // a call that takes longer is an error
  };

  virtual ~Transport() = default;

  // Sends the call, after a pause if one is given. The slot must be idle.
  virtual void Start(int slot, Call call, std::chrono::milliseconds pause) = 0;
  void Start(int slot, Call call) { Start(slot, std::move(call), std::chrono::milliseconds(0)); }

  // Delivers answers until no call is under way. on_answer may start the next call of its slot.
  virtual void Run(const OnAnswer& on_answer) = 0;
};

// Unavailable when a server cannot be connected to, InvalidArgument when there is none.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(
    Protocol protocol, const Transport::Options& options);

// The two behind MakeTransport.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Transport>> MakeGrpcTransport(
    const Transport::Options& options);
[[nodiscard]] absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(
    const Transport::Options& options);

}  // namespace saga::bench
