#pragma once

#include "cli/command/command.h"

namespace saga::cli {

// Prints a destination the way `-o` says. Always kOk.
ExitCode Shown(const Call& call, const v1::Destination& destination);

// For what is done to one destination and recorded with its reason; `unsaid` is complained when
// there is none.
using DestinationAct = grpc::Status (DestinationClient::*)(const std::string& destination,
                                                           const std::string& reason,
                                                           v1::Destination* reply);
ExitCode RunDestinationAct(Call& call, DestinationAct act, const char* unsaid);

}  // namespace saga::cli
