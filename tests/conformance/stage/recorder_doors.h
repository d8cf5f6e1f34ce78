#pragma once

#include <memory>
#include <string>

#include "tests/conformance/stage/recorder_memory.h"

namespace saga::conformance {

// One listener of a Recorder, on a free port of 127.0.0.1. Open until it is destroyed, which also
// ends the calls that hang.
class RecorderDoor {
 public:
  virtual ~RecorderDoor() = default;
  virtual int port() const = 0;
};

// `memory` must outlive the door.
std::unique_ptr<RecorderDoor> OpenHttpDoor(RecorderMemory& memory);
std::unique_ptr<RecorderDoor> OpenGrpcDoor(RecorderMemory& memory);

}  // namespace saga::conformance
