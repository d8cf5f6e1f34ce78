#pragma once

// Messages as rows and back: columns topic, key, headers and value of the tables outbox and
// parked_message, in this order.

#include <string>

#include "absl/status/status.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::adapter::sqlite {

// Binds the four columns from parameter `first` on. `headers` is what they are bound to: it lives
// until the statement has run, and so does the message.
void BindMessage(Statement& insert, int first, const base::Message& message, std::string* headers);
// Reads them from column `first` on. DataLoss: the headers are unreadable.
absl::Status ReadMessage(const Statement& row, int first, base::Message* message);

// Puts messages into the table outbox over one connection. Thread safety: that of the connection.
class OutboxWriter {
 public:
  int Prepare(const Connection& connection);
  // SQLITE_OK or an error.
  int Insert(const base::Message& message, base::Time create_time);

 private:
  Statement insert_;
};

}  // namespace saga::adapter::sqlite
