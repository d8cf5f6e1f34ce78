#pragma once

#include <string>

#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"

namespace saga::api {

// Makes gids that nobody used before: a UUID of version 7 (RFC 9562), which begins with the time in
// milliseconds, in base 57, the highest digit first. 22 characters without look-alikes, as DTM's
// are (protocol 8.1). Later ones sort after earlier ones, so that the indexes of a store that has
// grown are written at their end and not everywhere (decision 0016).
//
// Thread-safe as far as `clock` and `entropy` are, which they promise; both outlive this.
class GidSource {
 public:
  GidSource(port::Clock& clock, port::Entropy& entropy) : clock_(clock), entropy_(entropy) {}

  std::string Next();

 private:
  port::Clock& clock_;
  port::Entropy& entropy_;
};

}  // namespace saga::api
