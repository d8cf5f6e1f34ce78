#include "orchestrator/adapter/mysql/outbox_rows.h"

#include <string>
#include <utility>

#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr int kColumns = 6;
// As much as goes to the database at once, beside a single message that is larger.
constexpr size_t kPacket = 1 << 20;
constexpr size_t kNumbers = 64;

}  // namespace

absl::Status InsertOutbox(Connection& session, int64_t owner, const std::vector<OutboxRow>& rows) {
  std::vector<std::string> headers;
  headers.reserve(rows.size());
  for (const OutboxRow& row : rows) headers.push_back(EncodeHeaders(row.message->headers));
  const auto size = [&](size_t i) {
    const base::Message& message = *rows[i].message;
    return kNumbers + message.topic.size() + message.key.size() + headers[i].size() +
           base::Value(message.value).size();
  };
  return WriteRows(
      session,
      "INSERT INTO sagad_outbox (owner, create_time, topic, message_key, headers, value) VALUES ",
      "", kColumns, rows.size(), {.packet = kPacket, .of = size}, [&](Statement& insert, size_t i) {
        const base::Message& message = *rows[i].message;
        insert.Bind(owner).Bind(rows[i].create_time.micros).Bind(message.topic).Bind(message.key);
        insert.Bind(headers[i]).Bind(base::Value(message.value));
      });
}

absl::StatusOr<size_t> MoveOutbox(Connection& session, int64_t from, int64_t to, size_t limit) {
  // Locked: another heir waits, and then finds none of them.
  const auto find = session.Prepared(
      "SELECT id FROM sagad_outbox WHERE owner = ? ORDER BY id LIMIT ? FOR UPDATE");
  if (!find.ok()) return find.status();
  (*find)->Bind(from).Bind(static_cast<int64_t>(limit));
  if (absl::Status run = (*find)->Run(); !run.ok()) return run;
  std::vector<int64_t> ids;
  while ((*find)->Next()) ids.push_back((*find)->Number(0));
  if (ids.empty()) return ids.size();
  // One by one: a copy of many goes through a table of the database's own, which loses their order.
  const auto copy = session.Prepared(
      "INSERT INTO sagad_outbox (owner, create_time, topic, message_key, headers, value) "
      "SELECT ?, create_time, topic, message_key, headers, value FROM sagad_outbox WHERE id = ?");
  if (!copy.ok()) return copy.status();
  for (const int64_t id : ids) {
    if (absl::Status run = (*copy)->Bind(to).Bind(id).Run(); !run.ok()) return run;
  }
  const auto remove = session.Prepared("DELETE FROM sagad_outbox WHERE owner = ? AND id <= ?");
  if (!remove.ok()) return remove.status();
  if (absl::Status run = (*remove)->Bind(from).Bind(ids.back()).Run(); !run.ok()) return run;
  return ids.size();
}

absl::StatusOr<base::Message> ReadMessage(const Statement& row, size_t first) {
  absl::StatusOr<Headers> headers = DecodeHeaders(row.Text(first + 2));
  if (!headers.ok()) return absl::DataLossError(headers.status().message());
  return base::Message{.topic = std::string(row.Text(first)),
                       .key = std::string(row.Text(first + 1)),
                       .headers = *std::move(headers),
                       .value = base::MakeBytes(std::string(row.Text(first + 3)))};
}

}  // namespace saga::adapter::mysql
