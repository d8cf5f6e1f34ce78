#pragma once

// Where alerts go: a branch keeps failing, and somebody should look at it (protocol 6.3).

#include <cstdint>
#include <string>

#include "orchestrator/core/status.h"

namespace saga::port {

struct Alert {
  std::string gid;
  core::Status status = core::Status::kSubmitted;  // of the transaction
  std::string branch;                              // its target
  std::string error;                               // text of its last answer
  uint32_t retry_count = 0;  // answers in a row that were of no use, the last one among them
};

// What became of an alert.
enum class AlertEnd : uint8_t {
  kDelivered = 1,
  kFailed = 2,   // the receiver did not answer, or not with a success
  kDropped = 3,  // too many were waiting, or sagad stopped: it was not sent
};

// Thread-safe.
class AlertSink {
 public:
  virtual ~AlertSink() = default;

  // Returns at once. An alert is worth one attempt: the next error brings the next one.
  virtual void Send(Alert alert) = 0;
};

}  // namespace saga::port
