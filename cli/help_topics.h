#pragma once

namespace saga::cli {

// Texts of `sagactl help TOPIC` that are about no single command.
extern const char kOutputHelp[];
extern const char kEnvironmentHelp[];
extern const char kFilterHelp[];
extern const char kReplayHelp[];

}  // namespace saga::cli
