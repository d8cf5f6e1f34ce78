#include "orchestrator/api/admin_messages.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "orchestrator/api/waiting.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

const char* WordOf(port::NodeState state) {
  switch (state) {
    case port::NodeState::kLive:
      return "live";
    case port::NodeState::kLeaving:
      return "leaving";
    case port::NodeState::kGone:
      return "gone";
  }
  return "";
}

template <typename Enum>
std::string Word(Enum value) {
  using api::WordOf;
  using core::WordOf;
  return std::string(WordOf(value));
}

int64_t Micros(base::Time time) { return time == base::kNever ? 0 : time.micros; }

void FillHead(const core::GlobalTransaction& from, v1::Transaction& to) {
  to.set_gid(from.gid);
  to.set_mode(Word(from.mode));
  to.set_status(Word(from.status));
  to.set_protocol(Word(from.protocol));
  to.set_reason(from.rollback_reason);
  to.set_create_time_us(from.create_time.micros);
  to.set_update_time_us(from.update_time.micros);
  to.set_finish_time_us(from.finish_time.micros);
  to.set_version(from.version);
  to.set_definition(from.definition);
  to.set_definition_version(from.definition_version);
  to.set_timeout_to_fail_s(from.options.timeout_to_fail_s);
  to.set_retry_interval_s(from.options.retry_interval_s);
  to.set_request_timeout_s(from.options.request_timeout_s);
  to.set_retry_limit(from.options.retry_limit);
  to.set_query_prepared(from.query_prepared);
  to.set_concurrent(from.concurrent);
  to.set_attempt_limit(from.options.attempt_limit);
}

std::string Text(base::Duration duration) {
  return absl::FormatDuration(absl::Microseconds(duration.micros));
}

// "after 1s, times 2, at most 1m, jitter 0.2, 5 attempts", without what is as the transaction has
// it.
std::string RetryText(const core::RetryPolicy& retry) {
  std::vector<std::string> parts;
  if (retry.interval.micros != 0) parts.push_back(absl::StrCat("after ", Text(retry.interval)));
  if (retry.factor != 0) parts.push_back(absl::StrCat("times ", retry.factor));
  if (retry.cap.micros != 0) parts.push_back(absl::StrCat("at most ", Text(retry.cap)));
  if (retry.jitter != 0) parts.push_back(absl::StrCat("jitter ", retry.jitter));
  if (retry.attempt_limit != 0) parts.push_back(absl::StrCat(retry.attempt_limit, " attempts"));
  return absl::StrJoin(parts, ", ");
}

void FillBranch(const core::Branch& from, v1::Branch& to) {
  to.set_branch_id(from.branch_id);
  to.set_op(Word(from.op));
  to.set_status(Word(from.status));
  to.set_target(from.target);
  to.set_attempts(from.attempts);
  if (from.answered) to.set_last_outcome(Word(from.last_outcome));
  to.set_last_error(from.last_error);
  to.set_next_attempt_us(from.next_attempt.micros);
  to.set_finish_time_us(from.finish_time.micros);
  to.set_payload(base::Value(from.payload));
  to.set_dead(Word(from.dead));
  to.set_deaths(from.deaths);
  to.set_on_fallback(from.on_fallback);
  to.set_first_failure_us(from.first_failure.micros);
  to.set_last_failure_us(from.last_failure.micros);
  to.set_retry(RetryText(from.retry));
}

absl::Status ReadPosition(const std::string& position, uint64_t& before_id) {
  if (position.empty() || (absl::SimpleAtoi(position, &before_id) && before_id > 0))
    return absl::OkStatus();
  return absl::InvalidArgumentError("position: only what a page named as next_position is allowed");
}

absl::Status ReadStatuses(const v1::ListRequest& request, std::vector<core::Status>& statuses) {
  if (request.open_only())
    statuses = {core::Status::kPrepared, core::Status::kSubmitted, core::Status::kAborting};
  if (request.status().empty()) return absl::OkStatus();
  const std::optional<core::Status> status = core::FromWord<core::Status>(request.status());
  if (!status.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("status: '", request.status(),
                     "' is none; prepared, submitted, aborting, succeed, failed are"));
  }
  if (request.open_only() && core::IsFinal(*status)) {
    return absl::InvalidArgumentError(
        absl::StrCat("open_only: nothing is open with the status ", request.status()));
  }
  statuses = {*status};
  return absl::OkStatus();
}

}  // namespace

v1::Transaction ToMessage(const View& view, const core::Settings& settings, base::Time now) {
  const core::GlobalTransaction& from = view.transaction;
  v1::Transaction to;
  FillHead(from, to);
  to.set_next_wake_us(Micros(view.next_wake));
  Waiting waiting = DescribeWaiting(from, view.in_flight, settings, now);
  to.set_health(std::move(waiting.health));
  to.set_waits_for(std::move(waiting.waits_for));
  for (uint32_t row = 0; row < from.branches.size(); ++row) {
    v1::Branch& branch = *to.add_branches();
    FillBranch(from.branches[row], branch);
    branch.set_in_flight(std::find(view.in_flight.begin(), view.in_flight.end(), row) !=
                         view.in_flight.end());
    // Saga rows come in pairs, one pair per step.
    if (from.mode != core::Mode::kSaga || row / 2 >= from.predecessors.size()) continue;
    for (const uint32_t step : from.predecessors[row / 2]) branch.add_after(step + 1);
  }
  return to;
}

v1::Transaction ToListMessage(const port::StoredTransaction& stored, base::Time now) {
  v1::Transaction to;
  FillHead(stored.transaction, to);
  to.set_next_wake_us(Micros(stored.next_wake));
  to.set_health(HealthWithoutBranches(stored.transaction, stored.next_wake, now));
  return to;
}

v1::HistoryEntry ToMessage(const core::HistoryEntry& entry) {
  v1::HistoryEntry to;
  to.set_time_us(entry.time.micros);
  to.set_kind(Word(entry.kind));
  to.set_branch_id(entry.branch_id);
  if (!entry.branch_id.empty()) to.set_op(Word(entry.op));
  to.set_attempt(entry.attempt);
  if (entry.kind == core::HistoryKind::kAnswered) to.set_outcome(Word(entry.outcome));
  to.set_text(entry.text);
  to.set_actor(entry.actor);
  return to;
}

v1::Definition ToMessage(const core::SagaDefinition& definition) {
  v1::Definition to;
  to.set_name(definition.name);
  to.set_version(definition.version);
  to.set_mode(Word(definition.mode));
  to.set_description(definition.description);
  to.set_steps(static_cast<uint32_t>(definition.steps.size()));
  return to;
}

v1::Node ToMessage(const port::NodeView& node) {
  v1::Node message;
  message.set_id(node.id);
  message.set_name(node.name);
  message.set_address(node.address);
  message.set_version(node.version);
  message.set_since_us(node.since.micros);
  if (node.lease_end != base::kNever) message.set_lease_end_us(node.lease_end.micros);
  message.set_state(WordOf(node.state));
  message.set_held(node.held);
  message.set_self(node.self);
  return message;
}

v1::StatsReply ToMessage(const engine::EngineStats& stats, const port::StoreCounts& counts) {
  v1::StatsReply to;
  for (const auto& [status, count] : counts.open)
    (*to.mutable_open_by_status())[Word(status)] = count;
  (*to.mutable_ended_by_status())[Word(core::Status::kSucceed)] = stats.ended_succeed;
  (*to.mutable_ended_by_status())[Word(core::Status::kFailed)] = stats.ended_failed;
  to.set_live(stats.live);
  to.set_commits(stats.commits);
  to.set_commit_writes(stats.commit_writes);
  to.set_branch_calls(stats.branch_calls);
  to.set_refused(stats.refused);
  to.set_oldest_open_us(Micros(counts.oldest_open));
  to.set_store_ok(stats.store_ok);
  for (const engine::LaneStats& from : stats.lanes) {
    v1::Lane& lane = *to.add_lanes();
    lane.set_destination(from.destination);
    lane.set_in_flight(static_cast<uint32_t>(from.in_flight));
    lane.set_queued(static_cast<uint32_t>(from.queued));
    lane.set_in_flight_limit(static_cast<uint32_t>(from.in_flight_limit));
    lane.set_calls(from.calls);
    lane.set_unknown(from.unknown);
  }
  return to;
}

std::string ToText(const v1::Actor& actor) {
  std::string text = actor.user();
  if (!actor.host().empty()) absl::StrAppend(&text, "@", actor.host());
  if (!actor.tool().empty()) absl::StrAppend(&text, text.empty() ? "" : " ", actor.tool());
  if (text.empty()) text = "operator";
  if (!actor.reason().empty()) absl::StrAppend(&text, ": ", actor.reason());
  return text;
}

absl::StatusOr<port::ListFilter> ToFilter(const v1::ListRequest& request, base::Time now) {
  port::ListFilter filter;
  absl::StatusOr<core::Filter> given = core::ParseFilter(request.filter());
  if (!given.ok()) return given.status();
  filter.filter = *std::move(given);
  filter.now = now;
  if (absl::Status status = ReadStatuses(request, filter.statuses); !status.ok()) return status;
  if (!request.mode().empty()) {
    const std::optional<core::Mode> mode = core::FromWord<core::Mode>(request.mode());
    if (!mode.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("mode: '", request.mode(), "' is none; saga, tcc, msg, xa, workflow are"));
    }
    filter.modes = {*mode};
  }
  if (request.gid_prefix().size() > core::kMaxGidLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("gid_prefix: at most ", core::kMaxGidLength, " bytes are allowed"));
  }
  if (request.limit() > core::kMaxListPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit: at most ", core::kMaxListPage, " is allowed"));
  }
  if (request.created_after_us() < 0 || request.created_before_us() < 0) {
    return absl::InvalidArgumentError(
        "created_after_us, created_before_us: microseconds since the epoch, 0 for open");
  }
  if (absl::Status status = ReadPosition(request.position(), filter.before_id); !status.ok())
    return status;
  filter.gid_prefix = request.gid_prefix();
  filter.created_from = base::Time{request.created_after_us()};
  filter.created_to = base::Time{request.created_before_us()};
  filter.limit = (request.limit() == 0 ? core::kDefaultListPage : request.limit()) + 1;
  return filter;
}

}  // namespace saga::api
