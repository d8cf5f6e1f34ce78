#include "orchestrator/api/destinations.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/dead_letter_messages.h"
#include "orchestrator/api/pending_call.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/core/destination_filter.h"
#include "orchestrator/core/limits.h"
#include "saga/v1/destination.grpc.pb.h"

namespace saga::api {

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr uint32_t kDefaultOutboxPage = 20;

std::string_view WordOf(engine::BreakerState state) {
  switch (state) {
    case engine::BreakerState::kClosed:
      return "closed";
    case engine::BreakerState::kOpen:
      return "open";
    case engine::BreakerState::kHalfOpen:
      return "half_open";
  }
  return "";
}

// Lanes and settings, by destination: each of them may be there without the other.
using Known = std::map<std::string, std::pair<engine::LaneStats, std::optional<SetDestination>>>;

// Where nothing was called yet.
engine::LaneStats NewLane(const std::string& destination, const engine::LaneSettings& settings) {
  engine::LaneStats lane;
  lane.destination = destination;
  lane.in_flight_limit = settings.in_flight;
  lane.rate = settings.rate;
  return lane;
}

v1::Destination ToMessage(const engine::LaneStats& lane, const std::optional<SetDestination>& set) {
  v1::Destination to;
  to.set_destination(lane.destination);
  to.set_participant(lane.participant);
  to.set_breaker(std::string(WordOf(lane.breaker)));
  to.set_paused(lane.paused);
  to.set_in_flight(static_cast<uint32_t>(lane.in_flight));
  to.set_queued(static_cast<uint32_t>(lane.queued));
  to.set_in_flight_limit(static_cast<uint32_t>(lane.in_flight_limit));
  to.set_rate_limit(lane.rate);
  to.set_calls(lane.calls);
  to.set_unknown(lane.unknown);
  to.set_unreachable(lane.unreachable);
  to.set_by_fallback(lane.by_fallback);
  to.set_failure_percent(lane.failure_percent);
  to.set_open_until_us(lane.open_until.micros);
  to.set_p50_us(lane.p50.micros);
  to.set_p99_us(lane.p99.micros);
  if (!set.has_value()) return to;
  // What is set counts at once, whether or not the lane has been used since.
  to.set_paused(set->settings.paused);
  to.set_paused_by(set->paused_by);
  to.set_limits_set(!set->limited_by.empty());
  if (set->settings.in_flight != 0)
    to.set_in_flight_limit(static_cast<uint32_t>(set->settings.in_flight));
  if (set->settings.rate != 0) to.set_rate_limit(set->settings.rate);
  return to;
}

}  // namespace

class DestinationService::Impl : public v1::Destinations::CallbackService {
 public:
  explicit Impl(const Parts& parts) : parts_(parts), pool_(1, core::kHttpReaderQueue) {}

  ServerUnaryReactor* ListDestinations(CallbackServerContext* context,
                                       const v1::ListDestinationsRequest* request,
                                       v1::ListDestinationsReply* reply) override {
    const absl::StatusOr<core::Filter> filter = core::ParseDestinationFilter(request->filter());
    if (!filter.ok()) return FinishNow(context, filter.status());
    for (const auto& [name, known] : AllKnown()) {
      v1::Destination destination = ToMessage(known.first, known.second);
      const std::string state = destination.paused() ? "paused" : destination.breaker();
      if (core::MatchesDestination(*filter, name, state))
        *reply->add_destinations() = std::move(destination);
    }
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* GetDestination(CallbackServerContext* context,
                                     const v1::GetDestinationRequest* request,
                                     v1::Destination* reply) override {
    const Known known = AllKnown();
    const auto found = known.find(request->destination());
    if (found == known.end()) {
      return FinishNow(context, absl::NotFoundError(absl::StrCat(
                                    "nothing was ever called at '", request->destination(),
                                    "' since the start, and nothing is set for it; sagactl dest "
                                    "list shows what is")));
    }
    *reply = ToMessage(found->second.first, found->second.second);
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* PauseDestination(CallbackServerContext*, const v1::DestinationAct* request,
                                       v1::Destination* reply) override {
    return Change(*request, reply, "pause", [this](const v1::DestinationAct& asked) {
      return parts_.book->Pause(asked.destination(), By(asked.actor()));
    });
  }

  ServerUnaryReactor* ResumeDestination(CallbackServerContext*, const v1::DestinationAct* request,
                                        v1::Destination* reply) override {
    return Change(*request, reply, "resume", [this](const v1::DestinationAct& asked) {
      return parts_.book->Resume(asked.destination());
    });
  }

  ServerUnaryReactor* LimitDestination(CallbackServerContext*,
                                       const v1::LimitDestinationRequest* request,
                                       v1::Destination* reply) override {
    return Change(*request, reply, "limit", [this](const v1::LimitDestinationRequest& asked) {
      if (asked.in_flight_limit() > core::kLaneQueue) {
        return absl::InvalidArgumentError(
            absl::StrCat("in_flight_limit: at most ", core::kLaneQueue, " calls"));
      }
      if (!std::isfinite(asked.rate_limit()) || asked.rate_limit() < 0) {
        return absl::InvalidArgumentError("rate_limit: calls a second, 0 for as configured");
      }
      return parts_.book->Limit(asked.destination(), asked.in_flight_limit(), asked.rate_limit(),
                                By(asked.actor()));
    });
  }

  ServerUnaryReactor* GetOutbox(CallbackServerContext*, const v1::GetOutboxRequest* request,
                                v1::Outbox* reply) override {
    return AnswerFromPool(pool_, reply, [this, limit = request->limit()](v1::Outbox& out) {
      return FillOutbox(limit == 0 ? kDefaultOutboxPage : limit, out);
    });
  }

 private:
  static std::string By(const v1::Actor& actor) {
    return absl::StrCat(WhoText(actor), ": ", actor.reason());
  }

  Known AllKnown() const {
    Known known;
    for (engine::LaneStats& lane : parts_.engine->Stats().lanes) {
      std::string name = lane.destination;
      known[std::move(name)].first = std::move(lane);
    }
    for (auto& [name, set] : parts_.book->All()) {
      const auto entry = known.try_emplace(name, NewLane(name, parts_.lane), std::nullopt).first;
      entry->second.second = std::move(set);
    }
    return known;
  }

  template <typename Request, typename Work>
  ServerUnaryReactor* Change(const Request& request, v1::Destination* reply, const char* act,
                             Work work) {
    return AnswerFromPool(pool_, reply, [this, asked = request, act, work](v1::Destination& out) {
      if (absl::Status why = CheckReason(asked.actor()); !why.ok()) return why;
      if (absl::Status done = work(asked); !done.ok()) return done;
      if (parts_.log) {
        parts_.log(absl::StrCat(act, " destination ", asked.destination()), WhoText(asked.actor()),
                   asked.actor().reason());
      }
      Known known = AllKnown();
      const std::string& name = asked.destination();
      const auto entry = known.try_emplace(name, NewLane(name, parts_.lane), std::nullopt).first;
      out = ToMessage(entry->second.first, entry->second.second);
      return absl::OkStatus();
    });
  }

  absl::Status FillOutbox(uint32_t limit, v1::Outbox& out) {
    if (limit > core::kMaxListPage) {
      return absl::InvalidArgumentError(
          absl::StrCat("limit: at most ", core::kMaxListPage, " is allowed"));
    }
    const engine::OutboxStats stats = parts_.engine->Stats().outbox;
    out.set_kafka(parts_.kafka);
    out.set_reachable(stats.reachable);
    out.set_published(stats.published);
    out.set_failed(stats.failed);
    const auto counts = parts_.outbox->CountOutbox();
    if (!counts.ok()) return Silent(counts.status());
    out.set_waiting(counts->waiting);
    out.set_oldest_us(counts->oldest.micros);
    const auto records = parts_.outbox->ReadOutbox(0, limit);
    if (!records.ok()) return Silent(records.status());
    for (const port::OutboxRecord& record : *records) {
      v1::OutboxMessage& message = *out.add_messages();
      message.set_id(record.id);
      message.set_create_time_us(record.create_time.micros);
      message.set_topic(record.message.topic);
      message.set_key(record.message.key);
      message.set_size(base::Value(record.message.value).size());
    }
    return absl::OkStatus();
  }

  static absl::Status Silent(const absl::Status& status) {
    return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
  }

  const Parts parts_;
  ReaderPool pool_;
};

DestinationService::DestinationService(const Parts& parts) : impl_(std::make_unique<Impl>(parts)) {}

DestinationService::~DestinationService() = default;

grpc::Service* DestinationService::service() { return impl_.get(); }

}  // namespace saga::api
