#pragma once

// What a branch's target says about how and where it is called (protocol 3.1 and 3.4). Pure text
// work: nothing is resolved here.

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/core/mode.h"

namespace saga::core {

enum class Transport : uint8_t { kHttp = 1, kGrpc = 2 };

// http:// and https:// targets are HTTP in any transaction; everything else follows the
// transaction's protocol.
Transport TransportOf(Protocol protocol, std::string_view target);

// The part of a target that identifies who is called: "host:port", in lower case. Two targets with
// the same destination share a lane.
std::string DestinationOf(std::string_view target);

// A gRPC target split into the address to dial and the full method, or an error text.
struct GrpcTarget {
  std::string address;  // "host:port"
  std::string method;   // "/pkg.Service/Method"
  std::string error;    // empty: the target is good
};
GrpcTarget SplitGrpcTarget(std::string_view target);

}  // namespace saga::core
