#pragma once

// The outcome of a transaction, told to whoever listens: a CloudEvent in binary mode (CloudEvents
// 1.0, Kafka protocol binding), de-duplicable by ce_id. Its key is the gid.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::envelope {

struct Event {
  std::string gid;
  std::string mode;
  std::string status;      // succeed, failed
  std::string reason;      // why it failed; empty otherwise
  std::string definition;  // and its version; empty and 0: none
  uint32_t definition_version = 0;
  base::Time create_time;
  base::Time finish_time;
  uint64_t version = 0;  // of the stored record that says so
  std::string source;    // ce_source: which sagad, "/sagad/NAME"

  bool operator==(const Event&) const = default;
};

// ce_type saga.transaction.succeed or saga.transaction.failed, ce_id "GID/VERSION", ce_subject the
// gid, ce_time the finish time, value a JSON object.
base::Message Encode(const Event& event, const std::string& topic);

absl::StatusOr<Event> DecodeEvent(const base::Message& message);

}  // namespace saga::envelope
