#include "cli/printer/destination_json.h"

#include "cli/printer/destinations.h"
#include "cli/printer/json.h"

namespace saga::cli {

using nlohmann::ordered_json;

ordered_json ToJson(const v1::Destination& destination) {
  return {{"destination", destination.destination()},
          {"participant", destination.participant()},
          {"state", StateOf(destination)},
          {"breaker", destination.breaker()},
          {"paused", destination.paused()},
          {"paused_by", destination.paused_by()},
          {"in_flight", destination.in_flight()},
          {"queued", destination.queued()},
          {"in_flight_limit", destination.in_flight_limit()},
          {"rate_limit", destination.rate_limit()},
          {"limits_set", destination.limits_set()},
          {"calls", destination.calls()},
          {"unknown", destination.unknown()},
          {"unreachable", destination.unreachable()},
          {"by_fallback", destination.by_fallback()},
          {"failure_percent", destination.failure_percent()},
          {"open_until", JsonTime(destination.open_until_us())},
          {"p50_us", destination.p50_us()},
          {"p99_us", destination.p99_us()}};
}

ordered_json ToJson(const v1::Participant& participant) {
  ordered_json json = {{"participant", participant.participant()},
                       {"command_topic", participant.command_topic()},
                       {"attempt_limit", participant.attempt_limit()},
                       {"operations", ordered_json::array()},
                       {"instances", ordered_json::array()}};
  for (const v1::Operation& each : participant.operations()) {
    json["operations"].push_back({{"name", each.name()},
                                  {"method", each.method()},
                                  {"kind", each.kind()},
                                  {"idempotent", each.idempotent()}});
  }
  for (const v1::Instance& each : participant.instances()) {
    json["instances"].push_back({{"instance", each.instance()},
                                 {"protocol", each.protocol()},
                                 {"state", each.state()},
                                 {"in_flight", each.in_flight()},
                                 {"calls", each.calls()},
                                 {"capacity", each.capacity()},
                                 {"registered_time", JsonTime(each.registered_us())},
                                 {"heartbeat_time", JsonTime(each.heartbeat_us())},
                                 {"lease_end", JsonTime(each.lease_end_us())},
                                 {"version", each.version()}});
  }
  return json;
}

ordered_json ToJson(const v1::Outbox& outbox) {
  ordered_json json = {{"kafka", outbox.kafka()},          {"reachable", outbox.reachable()},
                       {"waiting", outbox.waiting()},      {"oldest", JsonTime(outbox.oldest_us())},
                       {"published", outbox.published()},  {"failed", outbox.failed()},
                       {"messages", ordered_json::array()}};
  for (const v1::OutboxMessage& message : outbox.messages()) {
    json["messages"].push_back({{"id", message.id()},
                                {"create_time", JsonTime(message.create_time_us())},
                                {"topic", message.topic()},
                                {"key", ShowBytes(message.key())},
                                {"size", message.size()}});
  }
  return json;
}

}  // namespace saga::cli
