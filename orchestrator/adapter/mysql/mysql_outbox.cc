#include "orchestrator/adapter/mysql/mysql_outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr char kRead[] =
    "SELECT id, create_time, topic, message_key, headers, value FROM sagad_outbox "
    "WHERE owner = ? AND id > ? ORDER BY id LIMIT ?";
constexpr char kPark[] =
    "INSERT INTO sagad_parked_message (park_time, topic_partition, partition_offset, reason, "
    "topic, message_key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kListParked[] =
    "SELECT id, park_time, topic_partition, partition_offset, reason, topic, message_key, headers, "
    "value FROM sagad_parked_message WHERE id < ? ORDER BY id DESC LIMIT ?";
// More than a look: nodes that share a cluster see each other's commits, not each other's locks.
constexpr char kFence[] = "UPDATE sagad_node SET beat = beat + 1 WHERE id = ? AND state < 3";

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

absl::Status Unreadable(const char* table, uint64_t id, const absl::Status& status) {
  return absl::DataLossError(absl::StrCat("row ", id, " of ", table, ": ", status.message()));
}

class MysqlOutbox final : public port::OutboxStore {
 public:
  MysqlOutbox(std::shared_ptr<SessionPool> pool, NodeId self)
      : pool_(std::move(pool)), self_(std::move(self)) {}

  absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                             size_t limit) override {
    return pool_->With([&](Connection& session) { return Read(session, after_id, limit); });
  }

  absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override {
    return pool_->With([&](Connection& session) -> absl::Status {
      for (size_t first = 0; first < ids.size(); first += kRowsPerStatement) {
        const size_t count = std::min(ids.size() - first, kRowsPerStatement);
        absl::StatusOr<Statement*> remove = session.Prepared(absl::StrCat(
            "DELETE FROM sagad_outbox WHERE owner = ? AND id IN (", Marks(kRowsPerStatement), ")"));
        if (!remove.ok()) return remove.status();
        (*remove)->Bind(self_());
        for (size_t i = 0; i < kRowsPerStatement; ++i)
          (*remove)->Bind(Bounded(ids[first + std::min(i, count - 1)]));
        if (absl::Status run = (*remove)->Run(); !run.ok()) return run;
      }
      return absl::OkStatus();
    });
  }

  absl::StatusOr<port::OutboxCounts> CountOutbox() override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<port::OutboxCounts> {
      const int64_t self = self_();
      absl::StatusOr<Statement*> count =
          session.Prepared("SELECT COUNT(*), MIN(id) FROM sagad_outbox WHERE owner = ?");
      if (!count.ok()) return count.status();
      (*count)->Bind(self);
      if (absl::Status run = (*count)->Run(); !run.ok()) return run;
      port::OutboxCounts counts;
      int64_t oldest = 0;
      while ((*count)->Next()) {
        counts.waiting = static_cast<uint64_t>((*count)->Number(0));
        oldest = (*count)->Number(1);
      }
      if (counts.waiting == 0) return counts;
      absl::StatusOr<Statement*> time =
          session.Prepared("SELECT create_time FROM sagad_outbox WHERE id = ?");
      if (!time.ok()) return time.status();
      (*time)->Bind(oldest);
      if (absl::Status run = (*time)->Run(); !run.ok()) return run;
      while ((*time)->Next()) counts.oldest = base::Time{(*time)->Number(0)};
      return counts;
    });
  }

  absl::Status Park(const port::ParkedMessage& parked, const base::Message& copy) override {
    const absl::Status status =
        pool_->WithTransaction([&](Connection& session) { return Keep(session, parked, copy); });
    // It is kept already, and so is its copy.
    return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
  }

  absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t before_id,
                                                              size_t limit) override {
    return pool_->With([&](Connection& session) { return List(session, before_id, limit); });
  }

  absl::Status DeleteParked(uint64_t id) override {
    return pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<Statement*> remove =
          session.Prepared("DELETE FROM sagad_parked_message WHERE id = ?");
      if (!remove.ok()) return remove.status();
      (*remove)->Bind(Bounded(id));
      if (absl::Status run = (*remove)->Run(); !run.ok()) return run;
      if ((*remove)->Affected() == 1) return absl::OkStatus();
      return absl::NotFoundError("no such parked message");
    });
  }

 private:
  absl::StatusOr<std::vector<port::OutboxRecord>> Read(Connection& session, uint64_t after_id,
                                                       size_t limit) const {
    absl::StatusOr<Statement*> read = session.Prepared(kRead);
    if (!read.ok()) return read.status();
    (*read)->Bind(self_()).Bind(Bounded(after_id)).Bind(Bounded(limit));
    if (absl::Status run = (*read)->Run(); !run.ok()) return run;
    std::vector<port::OutboxRecord> records;
    while ((*read)->Next()) {
      port::OutboxRecord& record = records.emplace_back();
      record.id = static_cast<uint64_t>((*read)->Number(0));
      record.create_time = base::Time{(*read)->Number(1)};
      absl::StatusOr<base::Message> message = ReadMessage(**read, 2);
      if (!message.ok()) return Unreadable("sagad_outbox", record.id, message.status());
      record.message = *std::move(message);
    }
    return records;
  }

  absl::Status Keep(Connection& session, const port::ParkedMessage& parked,
                    const base::Message& copy) const {
    const int64_t self = self_();
    absl::StatusOr<Statement*> fence = session.Prepared(kFence);
    if (!fence.ok()) return fence.status();
    (*fence)->Bind(self);
    if (absl::Status run = (*fence)->Run(); !run.ok()) return run;
    if ((*fence)->Affected() != 1)
      return absl::UnavailableError("this node was taken for gone, it has to join again");
    const std::string headers = EncodeHeaders(parked.message.headers);
    absl::StatusOr<Statement*> park = session.Prepared(kPark);
    if (!park.ok()) return park.status();
    (*park)->Bind(parked.park_time.micros).Bind(parked.partition).Bind(parked.offset);
    (*park)->Bind(parked.reason).Bind(parked.message.topic).Bind(parked.message.key);
    (*park)->Bind(headers).Bind(base::Value(parked.message.value));
    if (absl::Status run = (*park)->Run(); !run.ok()) return run;
    if (copy.topic.empty()) return absl::OkStatus();
    return InsertOutbox(session, self, {{.message = &copy, .create_time = parked.park_time}});
  }

  static absl::StatusOr<std::vector<port::ParkedMessage>> List(Connection& session,
                                                               uint64_t before_id, size_t limit) {
    absl::StatusOr<Statement*> list = session.Prepared(kListParked);
    if (!list.ok()) return list.status();
    (*list)->Bind(before_id == 0 ? INT64_MAX : Bounded(before_id)).Bind(Bounded(limit));
    if (absl::Status run = (*list)->Run(); !run.ok()) return run;
    std::vector<port::ParkedMessage> messages;
    while ((*list)->Next()) {
      const Statement& row = **list;
      port::ParkedMessage& parked = messages.emplace_back();
      parked.id = static_cast<uint64_t>(row.Number(0));
      parked.park_time = base::Time{row.Number(1)};
      parked.partition = static_cast<int32_t>(row.Number(2));
      parked.offset = row.Number(3);
      parked.reason = std::string(row.Text(4));
      absl::StatusOr<base::Message> message = ReadMessage(row, 5);
      if (!message.ok()) return Unreadable("sagad_parked_message", parked.id, message.status());
      parked.message = *std::move(message);
    }
    return messages;
  }

  const std::shared_ptr<SessionPool> pool_;
  const NodeId self_;
};

}  // namespace

std::unique_ptr<port::OutboxStore> MakeOutbox(std::shared_ptr<SessionPool> pool, NodeId self) {
  return std::make_unique<MysqlOutbox>(std::move(pool), std::move(self));
}

}  // namespace saga::adapter::mysql
