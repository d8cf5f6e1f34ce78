#pragma once

#include "orchestrator/mysql/options.h"

namespace saga::contract {

// The database that all tests of this program work in, one after another: making the tables takes
// longer than most of the tests. Dropped at the end of the program.
const saga::mysql::Options& TestDatabase();

// Takes everything out of it but the tables. Nobody works on it meanwhile.
void EmptyTestDatabase();

}  // namespace saga::contract
