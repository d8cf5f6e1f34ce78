#pragma once

namespace saga::cli {

// The project's version, as CMake knows it.
extern const char kVersion[];

}  // namespace saga::cli
