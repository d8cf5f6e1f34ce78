#pragma once

// The copy of a dead letter that consumers and alerts see; the store has the dead letter itself.
// Three families of headers tell the same, so that every tool understands one: ours, Spring Kafka's
// kafka_dlt-* in their binary encodings (int32 and int64 big-endian), and CloudEvents'.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::envelope {

// Of error texts in headers; cut.
inline constexpr size_t kMaxHeaderText = 4 << 10;

// A branch op that died, or (gid empty) a message that could not be understood.
struct DeadLetter {
  std::string gid;
  std::string mode;
  std::string branch_id;
  std::string op;
  uint32_t attempt = 0;  // the last one
  uint32_t death = 0;    // how often it has died
  std::string reason;    // attempts_used, unknown_method, contract, undecodable
  std::string error;     // text of the last answer
  std::string destination;
  std::string target;  // what was called
  base::Time first_failed;
  base::Time last_failed;
  base::Time died;
  // Where it came from. Of a branch op: the participant's command topic or, when it was called, the
  // target; partition and offset -1.
  std::string original_topic;
  int32_t original_partition = -1;
  int64_t original_offset = -1;
  base::Time original_time;
  std::string original_key;    // of a message that could not be understood; empty for branch ops
  std::string consumer_group;  // that could not understand it; empty for branch ops
  std::string source;          // ce_source
  std::string trace_parent;
  base::Bytes payload;

  bool operator==(const DeadLetter& other) const;
};

// ce_type saga.branch.dead or saga.message.parked, ce_id "GID/BRANCH/OP/DEATH" or
// "TOPIC/PARTITION/OFFSET"; the key is the gid, or that of the message it came from. What is finer
// than a millisecond in first_failed, last_failed and original_time is cut off.
base::Message Encode(const DeadLetter& letter, const std::string& topic);

// As DecodeCommand.
absl::StatusOr<DeadLetter> DecodeDeadLetter(const base::Message& message);

}  // namespace saga::envelope
