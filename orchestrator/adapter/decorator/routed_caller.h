#pragma once

#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// Hands each call to the caller of the transport that its target asks for (protocol 3.1).
// Thread-safe.
class RoutedCaller final : public port::BranchCaller {
 public:
  // Both outlive this.
  RoutedCaller(port::BranchCaller& http, port::BranchCaller& grpc) : http_(http), grpc_(grpc) {}

  void Call(port::BranchCall call, Done done) override;

 private:
  port::BranchCaller& http_;
  port::BranchCaller& grpc_;
};

}  // namespace saga::adapter
