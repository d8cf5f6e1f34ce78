#pragma once

// Jobs, and selections that may become one, for a person's eyes.

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/printer/time.h"
#include "saga/v1/dead_letter.pb.h"

namespace saga::cli {

std::string JobTable(const std::vector<v1::Job>& jobs, bool wide, TimeStyle style, absl::Time now);

// Everything there is to say about one, without its items.
std::string Description(const v1::Job& job, TimeStyle style, absl::Time now);

// "1200 of 15000: 1190 done, 2 failed, 8 running; 39.8/s". `rate` below 0: not known.
std::string Progress(const v1::Job& job, double rate);

std::string ItemTable(const v1::Job& job);

// Whether nothing more will happen to it.
bool Ended(const v1::Job& job);

// Commands that make sense for it, ready to be copied.
std::vector<std::string> NextCommands(const v1::Job& job);

// The command that executes a selection at these limits.
std::string ExecuteCommand(const std::string& token, const v1::JobLimits& limits);

}  // namespace saga::cli
