#include "orchestrator/adapter/sqlite/outbox_rows.h"

#include <utility>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::sqlite {

void BindMessage(Statement& insert, int first, const base::Message& message, std::string* headers) {
  *headers = EncodeHeaders(message.headers);
  insert.BindText(first, message.topic);
  insert.BindText(first + 1, message.key);
  insert.BindOptional(first + 2, *headers);
  insert.BindBlob(first + 3, base::Value(message.value));
}

absl::Status ReadMessage(const Statement& row, int first, base::Message* message) {
  absl::StatusOr<Headers> headers = DecodeHeaders(row.Text(first + 2));
  if (!headers.ok()) return headers.status();
  message->topic = std::string(row.Text(first));
  message->key = std::string(row.Text(first + 1));
  message->headers = *std::move(headers);
  message->value = base::MakeBytes(std::string(row.Text(first + 3)));
  return absl::OkStatus();
}

int OutboxWriter::Prepare(const Connection& connection) {
  return insert_.Prepare(connection,
                         "INSERT INTO outbox (create_time, topic, key, headers, value) "
                         "VALUES (?1, ?2, ?3, ?4, ?5)");
}

int OutboxWriter::Insert(const base::Message& message, base::Time create_time) {
  std::string headers;
  insert_.Bind(1, create_time.micros);
  BindMessage(insert_, 2, message, &headers);
  return insert_.Run();
}

}  // namespace saga::adapter::sqlite
