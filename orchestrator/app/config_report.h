#pragma once

// What `sagad config` prints.

#include <string>

#include "orchestrator/app/config.h"

namespace saga::app {

// "default", "file", "environment", "flag"
const char* OriginName(Origin origin);

// One line per key: name, value, where it comes from.
std::string ConfigTable(const LoadedConfig& loaded);

// {"engine.retry_interval": {"value": "10s", "origin": "file", "where": "sagad.yaml:4"}, ...}
std::string ConfigJson(const LoadedConfig& loaded);

// The table of doc/config.md, which a test compares with the file.
std::string ConfigDocTable();

}  // namespace saga::app
