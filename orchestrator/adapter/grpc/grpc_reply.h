#pragma once

#include <string>
#include <string_view>

#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// What a gRPC status means for a branch (protocol 4.3). `code` is the number on the wire: PHP
// services send 409 and 425, which are no gRPC codes, and mean by them what HTTP means
// (protocol 11.3). UNAVAILABLE counts as nobody reached, whoever said it: what gRPC says itself and
// what a server answers cannot be told apart.
port::BranchReply GrpcReply(int code, std::string_view message);

// "rpc error: code = Unavailable desc = ...": the words that DTM's users know from their logs.
std::string GrpcErrorText(int code, std::string_view message);

}  // namespace saga::adapter
