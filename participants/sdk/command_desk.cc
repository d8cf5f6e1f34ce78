#include "participants/sdk/command_desk.h"

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/reply.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::sdk {
namespace {

using envelope::Command;
using envelope::Reply;

constexpr char kUnknownMethod[] = "unknown_method";
constexpr char kContract[] = "contract";
constexpr char kUndecodable[] = "undecodable";

std::string Header(const base::Message& message, absl::string_view name) {
  // The last one counts, as for the envelope.
  for (auto header = message.headers.rbegin(); header != message.headers.rend(); ++header) {
    if (header->first == name) return header->second;
  }
  return "";
}

// What a reply calls an outcome.
std::string WireOutcome(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kDone:
      return "success";
    case OutcomeKind::kFailedForGood:
      return "failure";
    case OutcomeKind::kTryLater:
      return "ongoing";
    case OutcomeKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

Reply ReplyTo(const Command& command) {
  return {.gid = command.gid,
          .branch_id = command.branch_id,
          .op = command.op,
          .attempt = command.attempt,
          .outcome = "unknown",
          .hopeless = "",
          .text = "",
          .trace_parent = command.trace_parent};
}

absl::StatusOr<BranchContext> ContextOf(const Command& command) {
  const std::map<absl::string_view, const std::string*> fields = {{"gid", &command.gid},
                                                                  {"trans_type", &command.mode},
                                                                  {"branch_id", &command.branch_id},
                                                                  {"op", &command.op}};
  return ReadBranchContext(ContextSource::kCommand,
                           [&](absl::string_view name) -> std::optional<std::string> {
                             const auto field = fields.find(name);
                             if (field == fields.end()) return std::nullopt;
                             return *field->second;
                           });
}

PayloadForm FormOf(const Command& command) {
  return command.protocol == "http" ? PayloadForm::kJson : PayloadForm::kProtobuf;
}

// The branch that asked, as far as the headers of a message that is no command tell it.
std::optional<Reply> ReplyToHeaders(const base::Message& message) {
  Reply reply{.gid = Header(message, envelope::kGid),
              .branch_id = Header(message, envelope::kBranch),
              .op = Header(message, envelope::kOp),
              .attempt = 0,
              .outcome = "unknown",
              .hopeless = kUndecodable,
              .text = "",
              .trace_parent = Header(message, envelope::kTraceParent)};
  if (reply.gid.empty() || reply.branch_id.empty() || reply.op.empty()) return std::nullopt;
  // Without an attempt it stays 0: the branch tells which it was.
  if (uint32_t attempt = 0; absl::SimpleAtoi(Header(message, envelope::kAttempt), &attempt))
    reply.attempt = attempt;
  return reply;
}

}  // namespace

CommandAnswer CommandDesk::Answer(const ReceivedMessage& received, base::Time now) const {
  const absl::StatusOr<Command> command = envelope::DecodeCommand(received.message);
  if (!command.ok()) return Park(received, std::string(command.status().message()), now);
  if (command->deadline < now) {
    LogLine(LogLevel::kWarning, "command too late, dropped")
        .Set("gid", command->gid)
        .Set("branch", command->branch_id)
        .Set("op", command->op)
        .Set("attempt", command->attempt)
        .Set("late_ms", (now - command->deadline).micros / 1000);
    return {};
  }
  return Carry(*command);
}

CommandAnswer CommandDesk::Carry(const Command& command) const {
  Reply reply = ReplyTo(command);
  const BranchMethod* const method = routes_.Find(command.method);
  const absl::StatusOr<BranchContext> branch = ContextOf(command);
  if (method == nullptr) {
    reply.hopeless = kUnknownMethod;
    reply.text = absl::StrCat(options_.participant, " has no branch method '", command.method, "'");
  } else if (!branch.ok()) {
    reply.hopeless = kContract;
    reply.text = std::string(branch.status().message());
  } else {
    const Outcome outcome = Run(*method, {.branch = *branch,
                                          .form = FormOf(command),
                                          .payload = base::Value(command.payload),
                                          .headers = command.headers});
    reply.outcome = WireOutcome(outcome.kind());
    reply.text = outcome.reason();
  }
  if (!reply.hopeless.empty()) {
    LogLine(LogLevel::kWarning, "command refused")
        .Set("gid", command.gid)
        .Set("branch", command.branch_id)
        .Set("op", command.op)
        .Set("reason", reply.text);
  }
  return {.messages = {envelope::Encode(reply, command.reply_topic)},
          .wanted_until = command.deadline};
}

CommandAnswer CommandDesk::Park(const ReceivedMessage& received, const std::string& error,
                                base::Time now) const {
  const base::Message& message = received.message;
  LogLine(LogLevel::kWarning, "message is no command, parked")
      .Set("topic", message.topic)
      .Set("partition", received.partition)
      .Set("offset", received.offset)
      .Set("reason", error);
  // No gid: it is a message that is dead here, not yet a branch.
  envelope::DeadLetter letter;
  letter.reason = kUndecodable;
  letter.error = error;
  letter.destination = options_.participant;
  letter.target = Header(message, envelope::kMethod);
  letter.first_failed = letter.last_failed = letter.died = now;
  letter.original_topic = message.topic;
  letter.original_partition = received.partition;
  letter.original_offset = received.offset;
  letter.original_time = received.time;
  letter.original_key = message.key;
  letter.consumer_group = options_.group;
  letter.source = absl::StrCat("/participant/", options_.participant);
  letter.trace_parent = Header(message, envelope::kTraceParent);
  letter.payload = message.value;
  CommandAnswer answer{.messages = {envelope::Encode(letter, options_.dead_letter_topic)},
                       .wanted_until = base::kNever};
  if (std::optional<Reply> reply = ReplyToHeaders(message)) {
    reply->text = error;
    const std::string topic = Header(message, envelope::kReplyTo);
    answer.messages.push_back(
        envelope::Encode(*reply, topic.empty() ? envelope::kReplyTopic : topic));
  }
  return answer;
}

}  // namespace saga::participants::sdk
