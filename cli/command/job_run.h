#pragma once

// Starting a job and following one: what dlq replay, dlq import and job watch share.

#include <string>

#include "cli/command/command.h"

namespace saga::cli {

// Executes the selection at the limits that the options say, and follows it unless --detach.
ExitCode ExecuteJob(Call& call, const std::string& token);

// Shows the progress of a job until it ends, on standard error; then the job and what failed. With
// --timeout: not longer than that. kPartial when not all of its items are done.
ExitCode FollowJob(Call& call, const std::string& token);

// Prints a job the way `-o` says.
void PrintJob(const Call& call, const v1::Job& job);

// Options of what executes: --reason, the limits and --detach.
void AddExecution(cxxopts::OptionAdder& add);

}  // namespace saga::cli
