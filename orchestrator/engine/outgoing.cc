#include "orchestrator/engine/outgoing.h"

#include <string>

#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"
#include "orchestrator/envelope/command.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/event.h"

namespace saga::engine {

namespace {

constexpr char kTraceHeader[] = "traceparent";

// As a participant tells payloads apart: protobuf or JSON.
std::string PayloadProtocol(core::Protocol protocol) {
  switch (protocol) {
    case core::Protocol::kGrpc:
      return std::string(core::WordOf(core::Protocol::kGrpc));
    case core::Protocol::kHttp:
    case core::Protocol::kJsonRpc:
      return std::string(core::WordOf(core::Protocol::kHttp));
  }
  return "";
}

std::string TraceOf(const core::GlobalTransaction& transaction) {
  const auto found = transaction.options.branch_headers.find(kTraceHeader);
  return found == transaction.options.branch_headers.end() ? "" : found->second;
}

base::Message EventOf(const core::GlobalTransaction& transaction, const MessageOptions& options) {
  envelope::Event event;
  event.gid = transaction.gid;
  event.mode = core::WordOf(transaction.mode);
  event.status = core::WordOf(transaction.status);
  event.reason = transaction.rollback_reason;
  event.definition = transaction.definition;
  event.definition_version = transaction.definition_version;
  event.create_time = transaction.create_time;
  event.finish_time = transaction.finish_time;
  event.version = transaction.version;
  event.source = options.source;
  return envelope::Encode(event, options.event_topic);
}

base::Message DeadLetterOf(const core::GlobalTransaction& transaction, const core::Branch& branch,
                           const MessageOptions& options) {
  envelope::DeadLetter letter;
  letter.gid = transaction.gid;
  letter.mode = core::WordOf(transaction.mode);
  letter.branch_id = branch.branch_id;
  letter.op = core::WordOf(branch.op);
  letter.attempt = branch.attempts;
  letter.death = branch.deaths;
  letter.reason = core::WordOf(branch.dead);
  letter.error = branch.last_error;
  letter.destination = core::DestinationOf(branch.target);
  letter.target = branch.target;
  letter.first_failed = branch.first_failure;
  letter.last_failed = branch.last_failure;
  letter.died = branch.dead_time;
  letter.original_topic = branch.target;
  letter.original_time = transaction.create_time;
  letter.source = options.source;
  letter.trace_parent = TraceOf(transaction);
  letter.payload = branch.payload;
  return envelope::Encode(letter, options.dead_letter_topic);
}

}  // namespace

base::Message CommandOf(const core::GlobalTransaction& transaction, uint32_t row, uint32_t attempt,
                        const port::ParticipantFacts& facts, base::Time deadline,
                        const MessageOptions& options) {
  const core::Branch& branch = transaction.branches[row];
  envelope::Command command;
  command.gid = transaction.gid;
  command.mode = core::WordOf(transaction.mode);
  command.branch_id = branch.branch_id;
  command.op = core::WordOf(branch.op);
  command.attempt = attempt;
  command.protocol = PayloadProtocol(transaction.protocol);
  command.method = facts.method;
  command.deadline = deadline;
  command.reply_topic = options.reply_topic;
  command.headers = transaction.options.branch_headers;
  command.trace_parent = TraceOf(transaction);
  command.payload = branch.payload;
  return envelope::Encode(command, facts.command_topic);
}

base::Message MessageOf(const core::Notice& notice, const core::GlobalTransaction& transaction,
                        const MessageOptions& options) {
  switch (notice.kind) {
    case core::Notice::Kind::kEnded:
      if (options.event_topic.empty()) return {};
      return EventOf(transaction, options);
    case core::Notice::Kind::kDead:
      if (options.dead_letter_topic.empty()) return {};
      return DeadLetterOf(transaction, transaction.branches[notice.row], options);
  }
  return {};
}

}  // namespace saga::engine
