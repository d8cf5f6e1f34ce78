#pragma once

// Ids for new rows of a table, chosen here: taken from sagad_sequence in blocks, so that nodes
// never choose the same, in ascending order on each node. What a block has left when the process
// ends is never used.

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// Thread safety: none.
class IdBlock {
 public:
  // `table` has its ids in the column id; DTM may have given some away meanwhile.
  explicit IdBlock(std::string table) : table_(std::move(table)) {}

  // Makes sure that `count` ids above `above`, which is one that was given away, are there; on a
  // session that is in no transaction. A block that another node took later lies above this one's
  // rest: what has to come after its ids gets a new block.
  absl::Status Reserve(saga::mysql::Connection& session, int64_t count, int64_t above = 0);
  // One that was reserved.
  int64_t Take() { return next_++; }

 private:
  const std::string table_;
  int64_t next_ = 0;
  int64_t end_ = 0;
};

}  // namespace saga::adapter::mysql
