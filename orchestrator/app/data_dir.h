#pragma once

#include <string>

#include "absl/status/status.h"

namespace saga::app {

// Makes sure that `path` is a directory that can be written to; creates it, and what is missing
// above it, readable by its owner only. The text of an error says what is wrong and what to do.
[[nodiscard]] absl::Status PrepareDataDir(const std::string& path);

// The addresses of the running server, as DIR/sagad.ports: how tests and scripts find the real
// ports of a server that took free ones. Written in one go, so that nobody reads half of it.
[[nodiscard]] absl::Status WritePortsFile(const std::string& data_dir, const std::string& grpc,
                                          const std::string& http);
void RemovePortsFile(const std::string& data_dir);

}  // namespace saga::app
