#pragma once

// `sagad doctor`: what a database would be like as a store, before anything is moved to it.

#include <cstdio>

#include "orchestrator/app/config.h"
#include "orchestrator/app/wiring.h"

namespace saga::app {

// Looks at the database of `config.store` and prints what it found, one line each:
//
//   ok       as it should be
//   note     something to know
//   problem  something that keeps the takeover, or transactions, from going on: with what to do
//
// Writes nothing to it. kFindings when there was a problem, kConfiguration when the store is no
// database, kStore when it cannot be read.
ExitCode Examine(const Config& config, std::FILE* out);

}  // namespace saga::app
