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

// `participant://NAME/OPERATION`: who is called is looked up when the call is made, among those who
// registered (proto/saga/v1/registry.proto). Such a target has no transport of its own; until it is
// resolved it counts as one of its transaction's protocol.
bool NamesParticipant(std::string_view target);

// What a participant is called, or one of its operations: 1 to kMaxParticipantNameLength of
// [a-z0-9-], and of [A-Za-z0-9_.-].
bool IsParticipantName(std::string_view text);
bool IsOperationName(std::string_view text);

// Such a target split, or an error text.
struct ParticipantTarget {
  std::string name;
  std::string operation;
  std::string error;  // empty: the target is good
};
ParticipantTarget SplitParticipantTarget(std::string_view target);

}  // namespace saga::core
