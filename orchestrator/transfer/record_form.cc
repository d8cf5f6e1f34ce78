#include "orchestrator/transfer/record_form.h"

#include <string>
#include <utility>

#include "orchestrator/record/record_message.h"

namespace saga::transfer {
namespace {

using store::v1::ExportRecord;

absl::Status NoValue() { return absl::DataLossError("a record with a value that is none"); }

// Also inside: half of a record is worse than none.
bool Understood(const google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return false;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (!Understood(reflection.GetMessage(message, field))) return false;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!Understood(reflection.GetRepeatedMessage(message, field, i))) return false;
    }
  }
  return true;
}

void PutMessage(const base::Message& from, store::v1::Message* to) {
  to->set_topic(from.topic);
  to->set_key(from.key);
  for (const auto& [name, value] : from.headers) {
    auto* const header = to->add_headers();
    header->set_name(name);
    header->set_value(value);
  }
  to->set_value(base::Value(from.value));
}

base::Message TakeMessage(const store::v1::Message& from) {
  base::Message to{.topic = from.topic(), .key = from.key()};
  for (const auto& header : from.headers()) to.headers.emplace_back(header.name(), header.value());
  to.value = base::MakeBytes(from.value());
  return to;
}

void Put(const port::TransferTransaction& from, ExportRecord* to) {
  auto* const message = to->mutable_transaction();
  message->set_id(from.stored.id);
  record::PutTransaction(from.stored.transaction, message->mutable_transaction());
  if (from.stored.next_wake != base::kNever)
    message->set_next_wake_us(from.stored.next_wake.micros);
  for (const core::HistoryEntry& entry : from.history)
    record::PutHistory(entry, message->add_history());
}

void Put(const port::KvRecord& from, ExportRecord* to) {
  auto* const message = to->mutable_kv();
  message->set_id(from.id);
  message->set_category(from.category);
  message->set_key(from.key);
  message->set_value(from.value);
  message->set_version(from.version);
  message->set_create_time_us(from.create_time.micros);
  message->set_update_time_us(from.update_time.micros);
}

void Put(const port::OutboxRecord& from, ExportRecord* to) {
  auto* const message = to->mutable_outbox();
  message->set_id(from.id);
  message->set_create_time_us(from.create_time.micros);
  PutMessage(from.message, message->mutable_message());
}

void Put(const port::ParkedMessage& from, ExportRecord* to) {
  auto* const message = to->mutable_parked();
  message->set_id(from.id);
  message->set_park_time_us(from.park_time.micros);
  message->set_reason(from.reason);
  message->set_partition(from.partition);
  message->set_offset(from.offset);
  PutMessage(from.message, message->mutable_message());
}

void Put(const port::Job& from, ExportRecord* to) {
  auto* const message = to->mutable_job();
  message->set_token(from.token);
  message->set_state(static_cast<uint32_t>(from.state));
  message->set_filter(from.filter);
  message->set_actor(from.actor);
  message->set_reason(from.reason);
  message->set_stop_reason(from.stop_reason);
  message->set_rate(from.limits.rate);
  message->set_max_in_flight(from.limits.max_in_flight);
  message->set_canary(from.limits.canary);
  message->set_stop_after_errors(from.limits.stop_after_errors);
  message->set_create_time_us(from.create_time.micros);
  message->set_start_time_us(from.start_time.micros);
  message->set_end_time_us(from.end_time.micros);
}

void Put(const port::TransferItems& from, ExportRecord* to) {
  to->mutable_items()->set_token(from.token);
  for (const port::JobItem& item : from.items) {
    auto* const message = to->mutable_items()->add_items();
    message->set_number(item.number);
    message->set_gid(item.gid);
    message->set_branch_id(item.branch_id);
    message->set_op(static_cast<uint32_t>(item.op));
    message->set_death(item.death);
    message->set_state(static_cast<uint32_t>(item.state));
    message->set_text(item.text);
  }
}

absl::StatusOr<port::TransferRecord> Take(const store::v1::StoredTransaction& from) {
  port::TransferTransaction to;
  to.stored.id = from.id();
  absl::StatusOr<core::GlobalTransaction> transaction = record::TakeTransaction(from.transaction());
  if (!transaction.ok()) return transaction.status();
  to.stored.transaction = *std::move(transaction);
  if (from.has_next_wake_us()) to.stored.next_wake = base::Time{from.next_wake_us()};
  for (const auto& entry : from.history()) {
    absl::StatusOr<core::HistoryEntry> taken = record::TakeHistory(entry);
    if (!taken.ok()) return taken.status();
    to.history.push_back(*std::move(taken));
  }
  return to;
}

port::TransferRecord Take(const store::v1::KvRecord& from) {
  return port::KvRecord{.id = from.id(),
                        .category = from.category(),
                        .key = from.key(),
                        .value = from.value(),
                        .version = from.version(),
                        .create_time = base::Time{from.create_time_us()},
                        .update_time = base::Time{from.update_time_us()}};
}

port::TransferRecord Take(const store::v1::OutboxRecord& from) {
  return port::OutboxRecord{.id = from.id(),
                            .create_time = base::Time{from.create_time_us()},
                            .message = TakeMessage(from.message())};
}

port::TransferRecord Take(const store::v1::ParkedMessage& from) {
  return port::ParkedMessage{.id = from.id(),
                             .park_time = base::Time{from.park_time_us()},
                             .reason = from.reason(),
                             .partition = from.partition(),
                             .offset = from.offset(),
                             .message = TakeMessage(from.message())};
}

absl::StatusOr<port::TransferRecord> Take(const store::v1::Job& from) {
  if (from.state() < static_cast<uint32_t>(port::JobState::kSelected) ||
      from.state() > static_cast<uint32_t>(port::JobState::kStopped))
    return NoValue();
  return port::Job{.token = from.token(),
                   .state = static_cast<port::JobState>(from.state()),
                   .filter = from.filter(),
                   .actor = from.actor(),
                   .reason = from.reason(),
                   .stop_reason = from.stop_reason(),
                   .limits = {.rate = from.rate(),
                              .max_in_flight = from.max_in_flight(),
                              .canary = from.canary(),
                              .stop_after_errors = from.stop_after_errors()},
                   .create_time = base::Time{from.create_time_us()},
                   .start_time = base::Time{from.start_time_us()},
                   .end_time = base::Time{from.end_time_us()}};
}

absl::StatusOr<port::TransferRecord> Take(const store::v1::ExportItems& from) {
  port::TransferItems to{.token = from.token()};
  for (const auto& item : from.items()) {
    if (item.op() < static_cast<uint32_t>(core::Op::kAction) ||
        item.op() > static_cast<uint32_t>(core::Op::kBusiness) ||
        item.state() < static_cast<uint32_t>(port::ItemState::kPending) ||
        item.state() > static_cast<uint32_t>(port::ItemState::kSkipped))
      return NoValue();
    to.items.push_back({.number = item.number(),
                        .gid = item.gid(),
                        .branch_id = item.branch_id(),
                        .op = static_cast<core::Op>(item.op()),
                        .death = item.death(),
                        .state = static_cast<port::ItemState>(item.state()),
                        .text = item.text()});
  }
  return to;
}

}  // namespace

ExportRecord ToMessage(const port::TransferRecord& record) {
  ExportRecord message;
  std::visit([&](const auto& held) { Put(held, &message); }, record);
  return message;
}

absl::StatusOr<port::TransferRecord> FromMessage(const ExportRecord& message) {
  if (!Understood(message)) {
    return absl::DataLossError(
        "a record of a newer sagad, with fields that this one does not know: use that version");
  }
  switch (message.what_case()) {
    case ExportRecord::kTransaction:
      return Take(message.transaction());
    case ExportRecord::kKv:
      return Take(message.kv());
    case ExportRecord::kOutbox:
      return Take(message.outbox());
    case ExportRecord::kParked:
      return Take(message.parked());
    case ExportRecord::kJob:
      return Take(message.job());
    case ExportRecord::kItems:
      return Take(message.items());
    case ExportRecord::kHeader:
    case ExportRecord::kTrailer:
    case ExportRecord::WHAT_NOT_SET:
      return absl::DataLossError("a header, a trailer or nothing where a record is expected");
  }
  return NoValue();
}

}  // namespace saga::transfer
