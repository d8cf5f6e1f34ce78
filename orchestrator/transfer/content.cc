#include "orchestrator/transfer/content.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/transfer/record_form.h"

namespace saga::transfer {
namespace {

using store::v1::ExportRecord;

void LeaveOutWhatMayDiffer(ExportRecord* message) {
  if (message->has_transaction()) message->mutable_transaction()->clear_id();
  if (message->has_outbox()) message->mutable_outbox()->clear_id();
  if (message->has_parked()) message->mutable_parked()->clear_id();
  if (!message->has_kv()) return;
  message->mutable_kv()->clear_id();
  message->mutable_kv()->clear_create_time_us();
  message->mutable_kv()->clear_update_time_us();
}

struct Counter {
  Counts* counts;
  void operator()(const port::TransferTransaction&) const { ++counts->transactions; }
  void operator()(const port::KvRecord&) const { ++counts->kv; }
  void operator()(const port::OutboxRecord&) const { ++counts->outbox; }
  void operator()(const port::ParkedMessage&) const { ++counts->parked; }
  void operator()(const port::Job&) const { ++counts->jobs; }
  void operator()(const port::TransferItems& items) const { counts->items += items.items.size(); }
};

std::string Counted(uint64_t count, absl::string_view what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

}  // namespace

void Counts::Add(const port::TransferRecord& record) { std::visit(Counter{this}, record); }

std::string TextOf(const Counts& counts) {
  return absl::StrCat(Counted(counts.transactions, "transaction"), ", ",
                      Counted(counts.kv, "record"), ", ", Counted(counts.outbox, "message"), ", ",
                      Counted(counts.parked, "parked message"), ", ", Counted(counts.jobs, "job"),
                      " with ", Counted(counts.items, "item"));
}

void Content::Add(const port::TransferRecord& record) {
  counts_.Add(record);
  ExportRecord message = ToMessage(record);
  LeaveOutWhatMayDiffer(&message);
  const std::string bytes = message.SerializeAsString();
  digest_.Add(absl::StrCat(bytes.size(), ":"));
  digest_.Add(bytes);
}

std::string Content::Digest() { return absl::BytesToHexString(digest_.Take()); }

}  // namespace saga::transfer
