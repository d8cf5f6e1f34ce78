#include "orchestrator/envelope/reply.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/header_text.h"

namespace saga::envelope {
namespace {

constexpr char kUnknown[] = "unknown";
constexpr std::array<absl::string_view, 4> kOutcomes = {"success", "failure", "ongoing", kUnknown};

}  // namespace

base::Message Encode(const Reply& reply, const std::string& topic) {
  base::Message message = NewMessage(topic, reply.gid, kReplyKind);
  AddText(message, kGid, reply.gid);
  AddText(message, kBranch, reply.branch_id);
  AddText(message, kOp, reply.op);
  AddNumber(message, kAttempt, reply.attempt);
  AddText(message, kOutcome, reply.outcome);
  AddTextIfAny(message, kHopeless, reply.hopeless);
  AddText(message, kContentType, "text/plain; charset=utf-8");
  AddTextIfAny(message, kTraceParent, reply.trace_parent);
  message.value = base::MakeBytes(reply.text);
  return message;
}

absl::StatusOr<Reply> DecodeReply(const base::Message& message) {
  HeaderReader reader(message, kReplyKind);
  Reply reply{.gid = reader.Text(kGid),
              .branch_id = reader.Text(kBranch),
              .op = reader.Text(kOp),
              .attempt = reader.Number(kAttempt),
              .outcome = reader.Text(kOutcome),
              .hopeless = reader.OptionalText(kHopeless),
              .text = base::Value(message.value),
              .trace_parent = reader.OptionalText(kTraceParent)};
  if (std::find(kOutcomes.begin(), kOutcomes.end(), reply.outcome) == kOutcomes.end()) {
    reader.Fail(absl::StrCat(kOutcome, " is \"", reply.outcome, "\""));
  }
  // Success and "never ask again" at once: a guess at which is meant could pay somebody twice.
  if (!reply.hopeless.empty() && reply.outcome != kUnknown) {
    reader.Fail(absl::StrCat(kHopeless, " comes with the outcome \"", reply.outcome, "\""));
  }
  if (!reader.status().ok()) return reader.status();
  return reply;
}

}  // namespace saga::envelope
