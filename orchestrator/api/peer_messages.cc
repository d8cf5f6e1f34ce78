#include "orchestrator/api/peer_messages.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/record/record.h"

namespace saga::api {

namespace {

using engine::Answer;
using engine::PeerAnswer;
using engine::PeerAsk;
using engine::WaitFor;

absl::Status NotUnderstood(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      what, " cannot be understood: the nodes of one store have to be of the same version"));
}

bool Understood(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

template <typename Enum>
bool TakeEnum(uint32_t value, Enum first, Enum last, Enum* out) {
  if (value < static_cast<uint32_t>(first) || value > static_cast<uint32_t>(last)) return false;
  *out = static_cast<Enum>(value);
  return true;
}

bool TakeOp(uint32_t value, core::Op* op) {
  return TakeEnum(value, core::Op::kAction, core::Op::kBusiness, op);
}

// --- records

void Put(core::GlobalTransaction transaction, node::v1::Record* message) {
  absl::flat_hash_map<std::string, uint32_t> known;
  std::vector<uint32_t> of_row;
  for (core::Branch& row : transaction.branches) {
    const std::string& payload = base::Value(row.payload);
    uint32_t number = 0;
    if (!payload.empty()) {
      const auto [entry, added] = known.try_emplace(payload, known.size() + 1);
      if (added) message->add_payloads(payload);
      number = entry->second;
    }
    of_row.push_back(number);
    row.payload = nullptr;
  }
  for (const uint32_t number : of_row) message->add_payload_of_row(number);
  message->set_transaction(record::EncodeTransaction(transaction));
}

absl::StatusOr<core::GlobalTransaction> Take(const node::v1::Record& message) {
  absl::StatusOr<core::GlobalTransaction> transaction =
      record::DecodeTransaction(message.transaction());
  if (!transaction.ok() || !Understood(message)) return NotUnderstood("a record of another node");
  std::vector<core::Branch>& rows = transaction->branches;
  if (message.payload_of_row_size() == 0) return transaction;
  if (static_cast<size_t>(message.payload_of_row_size()) != rows.size())
    return NotUnderstood("a record of another node");
  std::vector<base::Bytes> payloads;
  for (const std::string& payload : message.payloads())
    payloads.push_back(base::MakeBytes(payload));
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint32_t number = message.payload_of_row(static_cast<int>(i));
    if (number > payloads.size()) return NotUnderstood("a record of another node");
    if (number > 0) rows[i].payload = payloads[number - 1];
  }
  return transaction;
}

// --- events

struct Puts {
  node::v1::AskRequest& message;

  void operator()(const core::Prepared& event) const {
    Put(event.draft, message.mutable_prepare());
  }
  void operator()(const core::Submitted& event) const {
    Put(event.draft, message.mutable_submit()->mutable_draft());
    message.mutable_submit()->set_rows_vary(event.rows_vary);
  }
  void operator()(const core::BranchRegistered& event) const {
    core::GlobalTransaction rows;
    rows.gid = message.gid();
    rows.mode = event.mode;
    rows.branches = event.rows;
    Put(std::move(rows), message.mutable_register_branch()->mutable_rows());
  }
  void operator()(const core::AbortRequested& event) const {
    node::v1::Abort& abort = *message.mutable_abort();
    abort.set_reason(event.reason);
    abort.set_actor(event.actor);
    abort.set_by_operator(event.by_operator);
  }
  void operator()(const core::WorkflowEnded& event) const {
    node::v1::EndWorkflow& end = *message.mutable_end_workflow();
    end.set_status(static_cast<uint32_t>(event.status));
    end.set_rollback_reason(event.rollback_reason);
    end.set_result(event.result);
  }
  void operator()(const core::ForceStopRequested& event) const {
    message.mutable_force_stop()->set_reason(event.reason);
    message.mutable_force_stop()->set_actor(event.actor);
  }
  void operator()(const core::RetryRequested& event) const {
    message.mutable_retry_now()->set_actor(event.actor);
  }
  void operator()(const core::DeadLetterAct& event) const {
    node::v1::DeadLetterAct& act = *message.mutable_dead_letter_act();
    act.set_kind(static_cast<uint32_t>(event.kind));
    act.set_branch_id(event.branch_id);
    act.set_op(static_cast<uint32_t>(event.op));
    act.set_death(event.death);
    act.set_payload(base::Value(event.payload));
    act.set_reason(event.reason);
    act.set_actor(event.actor);
  }
  // What happens at a node is nobody else's.
  void operator()(const core::BranchAnswered&) const {}
  void operator()(const core::Woken&) const {}

  void operator()(const engine::PeerRequest& request) const { std::visit(*this, request.event); }
  void operator()(const engine::PeerWait& wait) const {
    node::v1::Wait& to = *message.mutable_wait();
    to.set_what(wait.wait == WaitFor::kRest     ? node::v1::Wait::REST
                : wait.wait == WaitFor::kBranch ? node::v1::Wait::BRANCH
                                                : node::v1::Wait::END);
    to.set_branch_id(wait.branch_id);
    to.set_op(static_cast<uint32_t>(wait.op));
  }
  void operator()(const engine::QueuedReply& queued) const {
    node::v1::QueuedReply& to = *message.mutable_queued_reply();
    to.set_branch_id(queued.branch_id);
    to.set_op(static_cast<uint32_t>(queued.op));
    to.set_attempt(queued.attempt);
    to.set_outcome(static_cast<uint32_t>(queued.reply.outcome));
    to.set_text(queued.reply.text);
    to.set_hopeless(static_cast<uint32_t>(queued.reply.hopeless));
  }
};

absl::StatusOr<core::Event> TakeRegistration(const node::v1::RegisterBranch& message) {
  absl::StatusOr<core::GlobalTransaction> rows = Take(message.rows());
  if (!rows.ok()) return rows.status();
  return core::BranchRegistered{rows->mode, std::move(rows->branches)};
}

absl::StatusOr<core::Event> TakeEnd(const node::v1::EndWorkflow& message) {
  core::WorkflowEnded end{.rollback_reason = message.rollback_reason(), .result = message.result()};
  if (!Understood(message) ||
      !TakeEnum(message.status(), core::Status::kPrepared, core::Status::kFailed, &end.status) ||
      !core::IsFinal(end.status)) {
    return NotUnderstood("the end of a workflow");
  }
  return end;
}

absl::StatusOr<core::Event> TakeAct(const node::v1::DeadLetterAct& message) {
  using Kind = core::DeadLetterAct::Kind;
  core::DeadLetterAct act{.branch_id = message.branch_id(),
                          .death = message.death(),
                          .reason = message.reason(),
                          .actor = message.actor()};
  if (!message.payload().empty()) act.payload = base::MakeBytes(message.payload());
  if (!Understood(message) || !TakeOp(message.op(), &act.op) ||
      !TakeEnum(message.kind(), Kind::kReplay, Kind::kDiscard, &act.kind)) {
    return NotUnderstood("an act on a dead letter");
  }
  return act;
}

absl::StatusOr<PeerAsk> TakeWait(const node::v1::AskRequest& message) {
  const node::v1::Wait& wait = message.wait();
  engine::PeerWait taken{.branch_id = wait.branch_id()};
  if (wait.what() == node::v1::Wait::END) {
    taken.wait = WaitFor::kEnd;
  } else if (wait.what() == node::v1::Wait::REST) {
    taken.wait = WaitFor::kRest;
  } else if (wait.what() == node::v1::Wait::BRANCH) {
    taken.wait = WaitFor::kBranch;
  } else {
    return NotUnderstood("a wait");
  }
  if (!Understood(wait) || (taken.wait == WaitFor::kBranch && !TakeOp(wait.op(), &taken.op)))
    return NotUnderstood("a wait");
  return PeerAsk{message.gid(), std::move(taken)};
}

absl::StatusOr<PeerAsk> TakeQueued(const node::v1::AskRequest& message) {
  const node::v1::QueuedReply& reply = message.queued_reply();
  engine::QueuedReply queued{.gid = message.gid(),
                             .branch_id = reply.branch_id(),
                             .attempt = reply.attempt(),
                             .reply = {.text = reply.text()}};
  using core::DeadReason, core::Outcome;
  if (!Understood(reply) || !TakeOp(reply.op(), &queued.op) ||
      !TakeEnum(reply.outcome(), Outcome::kSuccess, Outcome::kUnknown, &queued.reply.outcome) ||
      !TakeEnum(reply.hopeless(), DeadReason::kNone, DeadReason::kUndecodable,
                &queued.reply.hopeless)) {
    return NotUnderstood("a reply");
  }
  return PeerAsk{message.gid(), std::move(queued)};
}

absl::StatusOr<core::Event> TakeEvent(const node::v1::AskRequest& message) {
  using What = node::v1::AskRequest::WhatCase;
  switch (message.what_case()) {
    case What::kPrepare: {
      absl::StatusOr<core::GlobalTransaction> draft = Take(message.prepare());
      if (!draft.ok()) return draft.status();
      return core::Prepared{*std::move(draft)};
    }
    case What::kSubmit: {
      absl::StatusOr<core::GlobalTransaction> draft = Take(message.submit().draft());
      if (!draft.ok()) return draft.status();
      return core::Submitted{*std::move(draft), message.submit().rows_vary()};
    }
    case What::kRegisterBranch:
      return TakeRegistration(message.register_branch());
    case What::kAbort:
      return core::AbortRequested{message.abort().reason(), message.abort().actor(),
                                  message.abort().by_operator()};
    case What::kEndWorkflow:
      return TakeEnd(message.end_workflow());
    case What::kForceStop:
      return core::ForceStopRequested{message.force_stop().reason(), message.force_stop().actor()};
    case What::kRetryNow:
      return core::RetryRequested{message.retry_now().actor()};
    case What::kDeadLetterAct:
      return TakeAct(message.dead_letter_act());
    case What::kWait:
    case What::kQueuedReply:
    case What::WHAT_NOT_SET:
      break;
  }
  return NotUnderstood("a request");
}

}  // namespace

node::v1::AskRequest ToMessage(const PeerAsk& ask) {
  node::v1::AskRequest message;
  message.set_gid(ask.gid);
  std::visit(Puts{message}, ask.what);
  return message;
}

absl::StatusOr<PeerAsk> FromMessage(const node::v1::AskRequest& message) {
  if (!Understood(message)) return NotUnderstood("a request");
  if (message.has_wait()) return TakeWait(message);
  if (message.has_queued_reply()) return TakeQueued(message);
  absl::StatusOr<core::Event> event = TakeEvent(message);
  if (!event.ok()) return event.status();
  return PeerAsk{message.gid(), engine::PeerRequest{*std::move(event)}};
}

node::v1::AskReply ToMessage(const Answer& answer) {
  node::v1::AskReply message;
  switch (answer.kind) {
    case Answer::Kind::kVerdict:
      message.set_kind(node::v1::AskReply::VERDICT);
      break;
    case Answer::Kind::kOverloaded:
      message.set_kind(node::v1::AskReply::OVERLOADED);
      break;
    case Answer::Kind::kStoreFailed:
      message.set_kind(node::v1::AskReply::STORE_FAILED);
      break;
    case Answer::Kind::kStopping:
      message.set_kind(node::v1::AskReply::NOT_MINE);
      return message;
  }
  message.set_verdict(static_cast<uint32_t>(answer.verdict));
  message.set_last_row(static_cast<uint32_t>(answer.last_row + 1));
  message.set_error(answer.error);
  if (answer.transaction.gid.empty()) return message;
  Put(answer.transaction, message.mutable_transaction());
  if (message.ByteSizeLong() > core::kMaxPeerReply) {
    message.mutable_transaction()->clear_payloads();
    message.mutable_transaction()->clear_payload_of_row();
  }
  return message;
}

absl::StatusOr<PeerAnswer> FromMessage(const node::v1::AskReply& message) {
  PeerAnswer answer{.kind = PeerAnswer::Kind::kAnswered};
  if (message.kind() == node::v1::AskReply::NOT_MINE) {
    answer.kind = PeerAnswer::Kind::kNotMine;
    return answer;
  }
  if (message.kind() == node::v1::AskReply::OVERLOADED) {
    answer.answer.kind = Answer::Kind::kOverloaded;
  } else if (message.kind() == node::v1::AskReply::STORE_FAILED) {
    answer.answer.kind = Answer::Kind::kStoreFailed;
  } else if (message.kind() != node::v1::AskReply::VERDICT) {
    return NotUnderstood("an answer");
  }
  if (!Understood(message) || !TakeEnum(message.verdict(), core::Verdict::kAccepted,
                                        core::Verdict::kCannotResolve, &answer.answer.verdict)) {
    return NotUnderstood("an answer");
  }
  answer.answer.error = message.error();
  answer.answer.last_row = static_cast<int32_t>(message.last_row()) - 1;
  if (!message.has_transaction()) return answer;
  absl::StatusOr<core::GlobalTransaction> transaction = Take(message.transaction());
  if (!transaction.ok()) return transaction.status();
  const auto rows = static_cast<int32_t>(transaction->branches.size());
  if (answer.answer.last_row >= rows) return NotUnderstood("an answer");
  answer.answer.transaction = *std::move(transaction);
  return answer;
}

}  // namespace saga::api
