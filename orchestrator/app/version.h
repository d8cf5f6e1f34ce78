#pragma once

namespace saga::app {

// "0.1.0": the project's version.
const char* Version();
// The commit the build was configured at, shortened; "unknown" when it was not configured in a
// checkout.
const char* Commit();

}  // namespace saga::app
