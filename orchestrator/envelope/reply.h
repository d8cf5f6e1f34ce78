#pragma once

// What became of a command. Its key is the gid.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"

namespace saga::envelope {

struct Reply {
  std::string gid;
  std::string branch_id;
  std::string op;
  uint32_t attempt = 0;  // of the command
  std::string outcome;   // success, failure, ongoing, unknown
  std::string hopeless;  // unknown_method, contract, undecodable, or empty; only with unknown
  std::string text;      // why, for any outcome but success; the message's value
  std::string trace_parent;

  bool operator==(const Reply&) const = default;
};

base::Message Encode(const Reply& reply, const std::string& topic);

// As DecodeCommand.
absl::StatusOr<Reply> DecodeReply(const base::Message& message);

}  // namespace saga::envelope
