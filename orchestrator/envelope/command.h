#pragma once

// "Carry out this branch op", for a participant that cannot be called (house.md 9). Its key is the
// gid, so that the ops of one transaction keep their order.

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::envelope {

struct Command {
  std::string gid;
  std::string mode;  // trans_type on the wire: saga, tcc, ...
  std::string branch_id;
  std::string op;
  uint32_t attempt = 0;
  std::string protocol;  // grpc, http: what the payload is
  std::string method;    // "product.v1.Product/Deduct", or an HTTP path
  base::Time deadline;
  std::string reply_topic;
  std::map<std::string, std::string> headers;  // branch_headers of the transaction
  std::string trace_parent;                    // W3C; may be empty
  base::Bytes payload;

  bool operator==(const Command& other) const;
};

// What is finer than a millisecond in the deadline is cut off.
base::Message Encode(const Command& command, const std::string& topic);

// InvalidArgument when it is no command, lacks something, or has a newer schema version; the text
// says which, for the one who finds it parked.
absl::StatusOr<Command> DecodeCommand(const base::Message& message);

}  // namespace saga::envelope
