#pragma once

#include <string>

#include "orchestrator/port/entropy.h"

namespace saga::api {

// A gid nobody used before: a random UUID in base 57, 22 characters without look-alikes
// (protocol 8.1). Thread-safe as far as `entropy` is, which it promises.
std::string NewGid(port::Entropy& entropy);

}  // namespace saga::api
