#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

struct GrpcBranchCallerOptions {
  // Threads that wait for answers. One serves tens of thousands of calls a second.
  size_t pollers = 1;
  // Connections kept, one per address; above that the one used least recently is let go.
  size_t max_channels = 1024;
  // First word of the user-agent header.
  std::string user_agent = "sagad";
};

// Calls branches over gRPC as protocol 3.4 describes: the payload is the serialized request, byte
// for byte; the reply's bytes are not looked at; what the status means is protocol 4.3. Plaintext,
// one cached connection per address.
//
// A header of the transaction that cannot be sent as metadata makes the call end with kUnknown and
// a text that names it: leaving it out could change what the call does. Headers that belong to gRPC
// itself (content-type, grpc-timeout, ...) are left out, as other gRPC stacks do.
//
// Thread-safe. `done` runs on a poller, or inside Call when the call cannot be made.
class GrpcBranchCaller final : public port::BranchCaller {
 public:
  explicit GrpcBranchCaller(const GrpcBranchCallerOptions& options = {});
  // Calls that are still out end with kUnknown before this returns.
  ~GrpcBranchCaller() override;

  GrpcBranchCaller(const GrpcBranchCaller&) = delete;
  GrpcBranchCaller& operator=(const GrpcBranchCaller&) = delete;

  void Call(port::BranchCall call, Done done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::adapter
