#pragma once

// Rows of sagad_outbox. Their ids grow in the order of their node's commits, which is what its
// relay reads on by: whoever inserts has locked the node's own row of sagad_node before, so that a
// node's inserts come one after another.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

struct OutboxRow {
  const base::Message* message = nullptr;
  base::Time create_time;
};

// In this order; `owner` publishes them.
absl::Status InsertOutbox(saga::mysql::Connection& session, int64_t owner,
                          const std::vector<OutboxRow>& rows);

// Makes up to `limit` messages of `from`, a node that is gone, `to`'s, and tells how many. They get
// new ids: under their own they could lie behind what `to` has read already. In one transaction of
// the database that holds the row of `to` in sagad_node.
absl::StatusOr<size_t> MoveOutbox(saga::mysql::Connection& session, int64_t from, int64_t to,
                                  size_t limit);

// Columns topic, message_key, headers, value, from `first` on. DataLoss when the headers make no
// sense.
absl::StatusOr<base::Message> ReadMessage(const saga::mysql::Statement& row, size_t first);

}  // namespace saga::adapter::mysql
