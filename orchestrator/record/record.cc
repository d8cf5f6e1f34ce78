#include "orchestrator/record/record.h"

#include <utility>

#include "orchestrator/record/record_message.h"

namespace saga::record {

namespace {

template <typename Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError("not a record");
  return message;
}

}  // namespace

std::string EncodeTransaction(const core::GlobalTransaction& transaction) {
  store::v1::Transaction message;
  PutTransaction(transaction, &message);
  return message.SerializeAsString();
}

absl::StatusOr<core::GlobalTransaction> DecodeTransaction(absl::string_view bytes) {
  const auto message = Parse<store::v1::Transaction>(bytes);
  if (!message.ok()) return message.status();
  return TakeTransaction(*message);
}

std::string EncodeHistory(const core::HistoryEntry& entry) {
  store::v1::HistoryEntry message;
  PutHistory(entry, &message);
  return message.SerializeAsString();
}

absl::StatusOr<core::HistoryEntry> DecodeHistory(absl::string_view bytes) {
  const auto message = Parse<store::v1::HistoryEntry>(bytes);
  if (!message.ok()) return message.status();
  return TakeHistory(*message);
}

std::string EncodeRest(const core::GlobalTransaction& transaction, const Split& split) {
  store::v1::Transaction message;
  PutTransaction(transaction, &message, &split);
  return message.SerializeAsString();
}

absl::StatusOr<core::GlobalTransaction> DecodeRest(absl::string_view bytes, Split* split) {
  const auto message = Parse<store::v1::Transaction>(bytes);
  if (!message.ok()) return message.status();
  return TakeTransaction(*message, split);
}

}  // namespace saga::record
