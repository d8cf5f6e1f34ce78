#include "orchestrator/api/dead_letter_messages.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/api/admin_messages.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using core::DeadLetterAct;
using port::ItemState;
using port::JobState;

constexpr std::array kItemStates = {ItemState::kPending, ItemState::kRunning, ItemState::kDone,
                                    ItemState::kFailed, ItemState::kSkipped};
constexpr std::array kActs = {std::pair{"replay", DeadLetterAct::Kind::kReplay},
                              std::pair{"edit", DeadLetterAct::Kind::kEdit},
                              std::pair{"done", DeadLetterAct::Kind::kResolveDone},
                              std::pair{"compensated", DeadLetterAct::Kind::kResolveCompensated},
                              std::pair{"failed", DeadLetterAct::Kind::kResolveFailed},
                              std::pair{"discard", DeadLetterAct::Kind::kDiscard}};

template <typename Value>
std::string Word(Value value) {
  using api::WordOf;
  using core::WordOf;
  return std::string(WordOf(value));
}

void FillLimits(const port::JobLimits& from, v1::JobLimits& to) {
  to.set_rate(from.rate);
  to.set_max_in_flight(from.max_in_flight);
  to.set_canary(from.canary == 0 ? -1 : static_cast<int32_t>(from.canary));
  to.set_stop_after_errors(
      from.stop_after_errors == 0 ? -1 : static_cast<int32_t>(from.stop_after_errors));
}

// -1 is none, 0 the default.
absl::Status ReadCount(std::string_view field, int32_t given, uint32_t& count) {
  if (given < -1) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(field), ": a count, 0 for the default or -1 for none"));
  }
  if (given != 0) count = given == -1 ? 0 : static_cast<uint32_t>(given);
  return absl::OkStatus();
}

}  // namespace

std::string_view WordOf(JobState state) {
  switch (state) {
    case JobState::kSelected:
      return "selected";
    case JobState::kRunning:
      return "running";
    case JobState::kStopping:
      return "stopping";
    case JobState::kDone:
      return "done";
    case JobState::kStopped:
      return "stopped";
  }
  return "";
}

std::string_view WordOf(ItemState state) {
  switch (state) {
    case ItemState::kPending:
      return "pending";
    case ItemState::kRunning:
      return "running";
    case ItemState::kDone:
      return "done";
    case ItemState::kFailed:
      return "failed";
    case ItemState::kSkipped:
      return "skipped";
  }
  return "";
}

v1::DeadLetter ToMessage(const core::GlobalTransaction& transaction, const core::Branch& branch,
                         bool with_payload) {
  v1::DeadLetter to;
  to.mutable_name()->set_gid(transaction.gid);
  to.mutable_name()->set_branch_id(branch.branch_id);
  to.mutable_name()->set_op(Word(branch.op));
  to.set_death(branch.deaths);
  to.set_reason(Word(branch.dead));
  to.set_error(branch.last_error);
  to.set_fingerprint(core::FingerprintOf(branch.last_error));
  to.set_destination(core::DestinationOf(branch.target));
  to.set_target(branch.target);
  to.set_attempts(branch.attempts);
  to.set_first_failure_us(branch.first_failure.micros);
  to.set_last_failure_us(branch.last_failure.micros);
  to.set_dead_us(branch.dead_time.micros);
  to.set_mode(Word(transaction.mode));
  to.set_status(Word(transaction.status));
  to.set_definition(transaction.definition);
  if (with_payload) to.set_payload(base::Value(branch.payload));
  return to;
}

v1::DeadLetterGroup ToMessage(const port::DeadLetterGroup& group) {
  v1::DeadLetterGroup to;
  to.set_destination(group.destination);
  to.set_op(Word(group.op));
  to.set_fingerprint(group.fingerprint);
  to.set_sample(group.sample);
  to.set_count(group.count);
  to.set_oldest_us(group.oldest.micros);
  to.set_newest_us(group.newest.micros);
  return to;
}

v1::Job ToMessage(const engine::JobView& view) {
  const auto& [job, counts] = view;
  v1::Job to;
  to.set_token(job.token);
  to.set_state(Word(job.state));
  to.set_filter(job.filter);
  to.set_actor(job.actor);
  to.set_reason(job.reason);
  to.set_stop_reason(job.stop_reason);
  FillLimits(job.limits, *to.mutable_limits());
  to.set_create_us(job.create_time.micros);
  to.set_start_us(job.start_time.micros);
  to.set_end_us(job.end_time.micros);
  to.set_pending(counts.pending);
  to.set_running(counts.running);
  to.set_done(counts.done);
  to.set_failed(counts.failed);
  to.set_skipped(counts.skipped);
  to.set_total(counts.pending + counts.running + counts.done + counts.failed + counts.skipped);
  return to;
}

v1::JobItem ToMessage(const port::JobItem& item) {
  v1::JobItem to;
  to.mutable_name()->set_gid(item.gid);
  to.mutable_name()->set_branch_id(item.branch_id);
  to.mutable_name()->set_op(Word(item.op));
  to.set_death(item.death);
  to.set_state(Word(item.state));
  to.set_text(item.text);
  return to;
}

v1::ParkedMessage ToMessage(const port::ParkedMessage& parked) {
  v1::ParkedMessage to;
  to.set_id(parked.id);
  to.set_park_us(parked.park_time.micros);
  to.set_reason(parked.reason);
  to.set_topic(parked.message.topic);
  to.set_partition(parked.partition);
  to.set_offset(parked.offset);
  to.set_value(base::Value(parked.message.value));
  // Strings of protobuf are UTF-8, what came in may be anything.
  if (base::IsUtf8(parked.message.key)) to.set_key(parked.message.key);
  for (const auto& [name, value] : parked.message.headers) {
    if (base::IsUtf8(name) && base::IsUtf8(value)) (*to.mutable_headers())[name] = value;
  }
  return to;
}

absl::StatusOr<BranchName> ToBranchName(const v1::DeadLetterName& name) {
  if (name.gid().empty()) return absl::InvalidArgumentError("name.gid: it must be given");
  if (name.branch_id().empty())
    return absl::InvalidArgumentError("name.branch_id: it must be given");
  const std::optional<core::Op> op = core::FromWord<core::Op>(name.op());
  if (!op.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name.op: '", name.op(), "' is none; ",
        absl::StrJoin(core::kOps, ", ",
                      [](std::string* out, core::Op known) { out->append(Word(known)); }),
        " are"));
  }
  return BranchName{name.gid(), name.branch_id(), *op};
}

absl::StatusOr<DeadLetterAct::Kind> ToActKind(const std::string& act) {
  for (const auto& [word, kind] : kActs) {
    if (act == word) return kind;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "act: '", act, "' is none; ",
      absl::StrJoin(kActs, ", ",
                    [](std::string* out, const auto& known) { out->append(known.first); }),
      " are"));
}

absl::StatusOr<port::JobLimits> ToLimits(const v1::JobLimits& limits) {
  port::JobLimits to;
  if (limits.rate() != 0) to.rate = limits.rate();
  if (limits.max_in_flight() != 0) to.max_in_flight = limits.max_in_flight();
  if (absl::Status read = ReadCount("limits.canary", limits.canary(), to.canary); !read.ok())
    return read;
  absl::Status read =
      ReadCount("limits.stop_after_errors", limits.stop_after_errors(), to.stop_after_errors);
  if (!read.ok()) return read;
  return to;
}

absl::StatusOr<std::optional<ItemState>> ToItemState(const std::string& state) {
  if (state.empty()) return std::nullopt;
  for (const ItemState known : kItemStates) {
    if (WordOf(known) == state) return known;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "item_state: '", state, "' is none; pending, running, done, failed, skipped are"));
}

absl::Status CheckReason(const v1::Actor& actor) {
  if (actor.reason().empty()) {
    return absl::InvalidArgumentError(
        "actor.reason: say why (sagactl --reason TEXT); it is kept with the act");
  }
  for (const auto& [field, text] :
       {std::pair{"actor.reason", &actor.reason()}, std::pair{"actor.user", &actor.user()},
        std::pair{"actor.host", &actor.host()}, std::pair{"actor.tool", &actor.tool()}}) {
    absl::Status fits =
        CheckLength(field, text->size(), core::kMaxReasonLength, "kMaxReasonLength", "shorten it");
    if (!fits.ok()) return fits;
  }
  return absl::OkStatus();
}

std::string WhoText(const v1::Actor& actor) {
  v1::Actor who = actor;
  who.clear_reason();
  return ToText(who);
}

}  // namespace saga::api
