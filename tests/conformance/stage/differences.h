#pragma once

#include <string_view>
#include <vector>

#include "tests/conformance/stage/server.h"

namespace saga::conformance {

// One thing that sagad does otherwise than DTM, on purpose. orchestrator/doc/protocol.md has the
// same ids for the users.
struct Difference {
  std::string_view id;
  std::string_view dtm;     // what DTM does
  std::string_view reason;  // why sagad does not
};

const std::vector<Difference>& AllowedDifferences();

// Whether the test has to expect DTM's way: true when `server` is DTM. Ends the program when `id`
// is not in the table, so that no test makes an exception that nobody has written down.
bool Differs(std::string_view id, const Server& server);

}  // namespace saga::conformance
