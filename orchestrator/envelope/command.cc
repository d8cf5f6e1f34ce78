#include "orchestrator/envelope/command.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/header_text.h"

namespace saga::envelope {
namespace {

constexpr char kGrpc[] = "grpc";
constexpr char kHttp[] = "http";

const char* ContentTypeOf(const std::string& protocol) {
  return protocol == kGrpc ? "application/protobuf" : "application/json";
}

std::map<std::string, std::string> BranchHeaders(const base::Message& message) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : message.headers) {
    if (absl::StartsWith(name, kBranchHeaderPrefix)) {
      result.insert_or_assign(name.substr(sizeof(kBranchHeaderPrefix) - 1), value);
    }
  }
  return result;
}

}  // namespace

bool Command::operator==(const Command& other) const {
  return gid == other.gid && mode == other.mode && branch_id == other.branch_id && op == other.op &&
         attempt == other.attempt && protocol == other.protocol && method == other.method &&
         deadline == other.deadline && reply_topic == other.reply_topic &&
         headers == other.headers && trace_parent == other.trace_parent &&
         base::Value(payload) == base::Value(other.payload);
}

base::Message Encode(const Command& command, const std::string& topic) {
  base::Message message = NewMessage(topic, command.gid, kCommandKind);
  message.headers.reserve(13 + command.headers.size());
  AddText(message, kGid, command.gid);
  AddText(message, kMode, command.mode);
  AddText(message, kBranch, command.branch_id);
  AddText(message, kOp, command.op);
  AddNumber(message, kAttempt, command.attempt);
  AddText(message, kProtocol, command.protocol);
  AddText(message, kMethod, command.method);
  AddTime(message, kDeadline, command.deadline);
  AddText(message, kReplyTo, command.reply_topic);
  AddText(message, kContentType, ContentTypeOf(command.protocol));
  AddTextIfAny(message, kTraceParent, command.trace_parent);
  for (const auto& [name, value] : command.headers) {
    AddText(message, absl::StrCat(kBranchHeaderPrefix, name), value);
  }
  message.value = command.payload;
  return message;
}

absl::StatusOr<Command> DecodeCommand(const base::Message& message) {
  HeaderReader reader(message, kCommandKind);
  Command command{.gid = reader.Text(kGid),
                  .mode = reader.Text(kMode),
                  .branch_id = reader.Text(kBranch),
                  .op = reader.Text(kOp),
                  .attempt = reader.Number(kAttempt),
                  .protocol = reader.Text(kProtocol),
                  .method = reader.Text(kMethod),
                  .deadline = reader.Time(kDeadline),
                  .reply_topic = reader.Text(kReplyTo),
                  .headers = BranchHeaders(message),
                  .trace_parent = reader.OptionalText(kTraceParent),
                  .payload = message.value};
  if (command.protocol != kGrpc && command.protocol != kHttp) {
    reader.Fail(absl::StrCat(kProtocol, " is \"", command.protocol, "\", not grpc or http"));
  }
  if (!reader.status().ok()) return reader.status();
  return command;
}

}  // namespace saga::envelope
