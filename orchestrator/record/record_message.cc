#include "orchestrator/record/record_message.h"

#include <string>
#include <utility>

#include "absl/status/status.h"

namespace saga::record {

namespace {

using google::protobuf::Message;

bool Understood(const Message& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

absl::Status Newer() {
  return absl::DataLossError(
      "a record of a newer sagad, with fields that this one does not know: use that version");
}

// `value` as `Enum` when it lies between `first` and `last`.
template <typename Enum>
bool TakeEnum(uint32_t value, Enum first, Enum last, Enum* out) {
  if (value < static_cast<uint32_t>(first) || value > static_cast<uint32_t>(last)) return false;
  *out = static_cast<Enum>(value);
  return true;
}

void PutRetry(const core::RetryPolicy& retry, store::v1::RetryPolicy* message) {
  message->set_interval_us(retry.interval.micros);
  message->set_factor(retry.factor);
  message->set_cap_us(retry.cap.micros);
  message->set_jitter(retry.jitter);
  message->set_attempt_limit(retry.attempt_limit);
}

core::RetryPolicy TakeRetry(const store::v1::RetryPolicy& message) {
  return {.interval = base::Micros(message.interval_us()),
          .factor = message.factor(),
          .cap = base::Micros(message.cap_us()),
          .jitter = message.jitter(),
          .attempt_limit = message.attempt_limit()};
}

void PutFixed(const core::Branch& branch, store::v1::Branch* message) {
  message->set_branch_id(branch.branch_id);
  message->set_op(static_cast<uint32_t>(branch.op));
  message->set_target(branch.target);
  message->set_payload(base::Value(branch.payload));
}

void PutBranch(const core::Branch& branch, Place place, store::v1::Branch* message) {
  message->set_place(static_cast<store::v1::Branch::Place>(place));
  if (place != Place::kInRow) PutFixed(branch, message);
  if (!branch.retry.Empty()) PutRetry(branch.retry, message->mutable_retry());
  message->set_status(static_cast<uint32_t>(branch.status));
  message->set_called(branch.called);
  message->set_attempts(branch.attempts);
  message->set_unknown_streak(branch.unknown_streak);
  message->set_last_outcome(static_cast<uint32_t>(branch.last_outcome));
  message->set_answered(branch.answered);
  message->set_next_attempt_us(branch.next_attempt.micros);
  message->set_finish_time_us(branch.finish_time.micros);
  message->set_last_error(branch.last_error);
  message->set_on_fallback(branch.on_fallback);
  message->set_first_failure_us(branch.first_failure.micros);
  message->set_last_failure_us(branch.last_failure.micros);
  message->set_dead(static_cast<uint32_t>(branch.dead));
  message->set_dead_time_us(branch.dead_time.micros);
  message->set_deaths(branch.deaths);
}

absl::Status TakeBranch(const store::v1::Branch& message, core::Branch* branch) {
  if (!Understood(message) || (message.has_retry() && !Understood(message.retry()))) return Newer();
  using core::BranchStatus, core::DeadReason, core::Op, core::Outcome;
  const bool in_row = message.place() == store::v1::Branch::IN_ROW;
  if (!store::v1::Branch::Place_IsValid(message.place()) ||
      (!in_row && !TakeEnum(message.op(), Op::kAction, Op::kBusiness, &branch->op)) ||
      !TakeEnum(message.status(), BranchStatus::kPrepared, BranchStatus::kFailed,
                &branch->status) ||
      !TakeEnum(message.last_outcome(), Outcome::kSuccess, Outcome::kUnknown,
                &branch->last_outcome) ||
      !TakeEnum(message.dead(), DeadReason::kNone, DeadReason::kUndecodable, &branch->dead)) {
    return absl::DataLossError("a branch with a value that is none");
  }
  branch->branch_id = message.branch_id();
  branch->target = message.target();
  branch->payload = base::MakeBytes(message.payload());
  if (message.has_retry()) branch->retry = TakeRetry(message.retry());
  branch->called = message.called();
  branch->attempts = message.attempts();
  branch->unknown_streak = message.unknown_streak();
  branch->answered = message.answered();
  branch->next_attempt = base::Time{message.next_attempt_us()};
  branch->finish_time = base::Time{message.finish_time_us()};
  branch->last_error = message.last_error();
  branch->on_fallback = message.on_fallback();
  branch->first_failure = base::Time{message.first_failure_us()};
  branch->last_failure = base::Time{message.last_failure_us()};
  branch->dead_time = base::Time{message.dead_time_us()};
  branch->deaths = message.deaths();
  return absl::OkStatus();
}

void PutOptions(const core::Options& options, store::v1::Options* message) {
  message->set_timeout_to_fail_s(options.timeout_to_fail_s);
  message->set_retry_interval_s(options.retry_interval_s);
  message->set_request_timeout_s(options.request_timeout_s);
  message->set_retry_limit(options.retry_limit);
  message->set_attempt_limit(options.attempt_limit);
  for (const auto& [name, value] : options.branch_headers) {
    auto* header = message->add_branch_headers();
    header->set_name(name);
    header->set_value(value);
  }
}

core::Options TakeOptions(const store::v1::Options& message) {
  core::Options options{.timeout_to_fail_s = message.timeout_to_fail_s(),
                        .retry_interval_s = message.retry_interval_s(),
                        .request_timeout_s = message.request_timeout_s(),
                        .retry_limit = message.retry_limit(),
                        .attempt_limit = message.attempt_limit()};
  for (const auto& header : message.branch_headers())
    options.branch_headers[header.name()] = header.value();
  return options;
}

void TakeTexts(const store::v1::Transaction& message, core::GlobalTransaction* transaction) {
  transaction->gid = message.gid();
  transaction->custom_data = message.custom_data();
  transaction->query_prepared = message.query_prepared();
  transaction->workflow = message.workflow();
  transaction->result = message.result();
  transaction->rollback_reason = message.rollback_reason();
  transaction->definition = message.definition();
}

Split SplitOf(const store::v1::Transaction& message) {
  Split split{.custom_data = !message.has_custom_data(),
              .query_prepared = !message.has_query_prepared(),
              .result = !message.has_result(),
              .rollback_reason = !message.has_rollback_reason()};
  split.branches.reserve(static_cast<size_t>(message.branches_size()));
  for (const auto& branch : message.branches())
    split.branches.push_back(static_cast<Place>(branch.place()));
  return split;
}

bool IsWhole(const Split& split) {
  if (split.custom_data || split.query_prepared || split.result || split.rollback_reason)
    return false;
  for (const Place place : split.branches) {
    if (place == Place::kInRow) return false;
  }
  return true;
}

}  // namespace

void PutTransaction(const core::GlobalTransaction& transaction, store::v1::Transaction* message,
                    const Split* split) {
  const bool whole = split == nullptr;
  if (whole) {
    message->set_gid(transaction.gid);
    message->set_mode(static_cast<uint32_t>(transaction.mode));
    message->set_protocol(static_cast<uint32_t>(transaction.protocol));
  }
  message->set_status(static_cast<uint32_t>(transaction.status));
  if (!(transaction.options == core::Options{}))
    PutOptions(transaction.options, message->mutable_options());
  message->set_wait_result(transaction.wait_result);
  message->set_concurrent(transaction.concurrent);
  for (const std::vector<uint32_t>& steps : transaction.predecessors)
    message->add_predecessors()->mutable_steps()->Add(steps.begin(), steps.end());
  message->set_delay_s(transaction.delay_s);
  if (whole || !split->custom_data) message->set_custom_data(transaction.custom_data);
  if (whole || !split->query_prepared) message->set_query_prepared(transaction.query_prepared);
  if (whole || !split->result) message->set_result(transaction.result);
  if (whole || !split->rollback_reason) message->set_rollback_reason(transaction.rollback_reason);
  message->set_workflow(transaction.workflow);
  message->set_limited_retries(transaction.limited_retries);
  message->set_definition(transaction.definition);
  message->set_definition_version(transaction.definition_version);
  message->set_create_time_us(transaction.create_time.micros);
  message->set_update_time_us(transaction.update_time.micros);
  message->set_finish_time_us(transaction.finish_time.micros);
  message->set_version(transaction.version);
  for (size_t row = 0; row < transaction.branches.size(); ++row) {
    const Place place = whole ? Place::kHere : split->branches[row];
    PutBranch(transaction.branches[row], place, message->add_branches());
  }
}

absl::StatusOr<core::GlobalTransaction> TakeTransaction(const store::v1::Transaction& message,
                                                        Split* split) {
  using core::Mode, core::Protocol, core::Status;
  if (!Understood(message) || !Understood(message.options())) return Newer();
  const Split parts = SplitOf(message);
  core::GlobalTransaction transaction;
  const bool numbers =
      TakeEnum(message.status(), Status::kPrepared, Status::kFailed, &transaction.status) &&
      (split != nullptr ||
       (TakeEnum(message.mode(), Mode::kSaga, Mode::kWorkflow, &transaction.mode) &&
        TakeEnum(message.protocol(), Protocol::kHttp, Protocol::kJsonRpc, &transaction.protocol)));
  if (!numbers) return absl::DataLossError("a transaction with a value that is none");
  if (split == nullptr && !IsWhole(parts))
    return absl::DataLossError("a record with parts missing");
  if (split != nullptr) *split = parts;
  TakeTexts(message, &transaction);
  transaction.options = TakeOptions(message.options());
  transaction.wait_result = message.wait_result();
  transaction.concurrent = message.concurrent();
  for (const auto& before : message.predecessors())
    transaction.predecessors.emplace_back(before.steps().begin(), before.steps().end());
  transaction.delay_s = message.delay_s();
  transaction.limited_retries = message.limited_retries();
  transaction.definition_version = message.definition_version();
  transaction.create_time = base::Time{message.create_time_us()};
  transaction.update_time = base::Time{message.update_time_us()};
  transaction.finish_time = base::Time{message.finish_time_us()};
  transaction.version = message.version();
  transaction.branches.reserve(static_cast<size_t>(message.branches_size()));
  for (const auto& branch : message.branches()) {
    if (absl::Status taken = TakeBranch(branch, &transaction.branches.emplace_back()); !taken.ok())
      return taken;
  }
  return transaction;
}

void PutHistory(const core::HistoryEntry& entry, store::v1::HistoryEntry* message) {
  message->set_time_us(entry.time.micros);
  message->set_kind(static_cast<uint32_t>(entry.kind));
  message->set_branch_id(entry.branch_id);
  message->set_op(static_cast<uint32_t>(entry.op));
  message->set_attempt(entry.attempt);
  message->set_outcome(static_cast<uint32_t>(entry.outcome));
  message->set_text(entry.text);
  message->set_actor(entry.actor);
}

absl::StatusOr<core::HistoryEntry> TakeHistory(const store::v1::HistoryEntry& message) {
  using core::HistoryKind, core::Op, core::Outcome;
  if (!Understood(message)) return Newer();
  core::HistoryEntry entry;
  if (!TakeEnum(message.kind(), HistoryKind::kPrepared, HistoryKind::kFallback, &entry.kind) ||
      !TakeEnum(message.op(), Op::kAction, Op::kBusiness, &entry.op) ||
      !TakeEnum(message.outcome(), Outcome::kSuccess, Outcome::kUnknown, &entry.outcome)) {
    return absl::DataLossError("a history entry with a value that is none");
  }
  entry.time = base::Time{message.time_us()};
  entry.branch_id = message.branch_id();
  entry.attempt = message.attempt();
  entry.text = message.text();
  entry.actor = message.actor();
  return entry;
}

}  // namespace saga::record
