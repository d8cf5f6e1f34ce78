#pragma once

// `sagad migrate`: the tables of a database as a store, shown or made.

#include <cstdio>

#include "orchestrator/app/config.h"
#include "orchestrator/app/wiring.h"

namespace saga::app {

struct MigrateOptions {
  bool apply = false;  // run it; otherwise only print what would be run
  bool widen = false;  // also make DTM's own columns as wide and exact as ours
};

// Prints the statements that bring the database of `config.store` to this version, and runs them
// with `apply`. None of them drops anything, and each may run again. What goes wrong is printed to
// standard error: kConfiguration when the store is no database, kStore when the database refuses.
ExitCode Migrate(const Config& config, const MigrateOptions& options, std::FILE* out);

}  // namespace saga::app
