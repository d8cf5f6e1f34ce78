#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/core/limits.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// Bytes of a reply's body that are kept for its text. Longer bodies are read to their end, because
// the two words count wherever they stand.
inline constexpr size_t kMaxKeptReplyBytes = core::kLargestReason;

// Reads a reply's body as it comes in and says what it means (protocol 4.1).
class HttpReplyReader {
 public:
  void Read(std::string_view chunk);

  // What comes is the answer to a JSON-RPC call: of that, as much is kept as must be understood.
  void ExpectJsonRpc();

  // `status` is the final response's status. A JSON-RPC answer that passes for a success is
  // also read for what it says (protocol 4.2).
  port::BranchReply Conclude(long status) const;

  // For the next reply.
  void Reset();

 private:
  void Look(std::string_view text);

  bool json_rpc_ = false;
  std::string kept_;
  std::string tail_;  // the end of what was read: a word may begin in one chunk and end in the next
  bool says_failure_ = false;
  bool says_ongoing_ = false;
};

}  // namespace saga::adapter
