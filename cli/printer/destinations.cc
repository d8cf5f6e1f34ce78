#include "cli/printer/destinations.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/printer/facts.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

std::string Millis(int64_t micros) {
  return micros == 0 ? "-" : absl::StrFormat("%.1fms", static_cast<double>(micros) / 1000);
}

std::string Rate(double rate) { return rate == 0 ? "-" : absl::StrCat(rate, "/s"); }

std::string Painted(const std::string& word) { return Paint(word, ColourOf(word)); }

}  // namespace

std::string StateOf(const v1::Destination& destination) {
  return destination.paused() ? "paused" : destination.breaker();
}

std::string DestinationTable(const std::vector<v1::Destination>& destinations, bool wide) {
  std::vector<std::string> header = {"DESTINATION", "STATE",      "IN FLIGHT", "LIMIT",
                                     "QUEUED",      "RATE LIMIT", "CALLS",     "UNKNOWN",
                                     "FAILING",     "P50",        "P99"};
  if (wide)
    header.insert(header.end(), {"PARTICIPANT", "BREAKER", "UNREACHABLE", "BY KAFKA", "PAUSED BY"});
  Table table(header);
  for (const v1::Destination& each : destinations) {
    std::vector<std::string> row = {OneLine(each.destination()),
                                    Painted(StateOf(each)),
                                    absl::StrCat(each.in_flight()),
                                    absl::StrCat(each.in_flight_limit()),
                                    absl::StrCat(each.queued()),
                                    Rate(each.rate_limit()),
                                    absl::StrCat(each.calls()),
                                    absl::StrCat(each.unknown()),
                                    absl::StrCat(each.failure_percent(), "%"),
                                    Millis(each.p50_us()),
                                    Millis(each.p99_us())};
    if (wide) {
      row.insert(row.end(), {Cell(each.participant()), Painted(each.breaker()),
                             absl::StrCat(each.unreachable()), absl::StrCat(each.by_fallback()),
                             Cell(each.paused_by())});
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

std::string Description(const v1::Destination& destination, TimeStyle style, absl::Time now) {
  Facts facts;
  facts.Add("destination", OneLine(destination.destination()));
  facts.Add("participant", OneLine(destination.participant()));
  facts.Add("state", Painted(StateOf(destination)));
  facts.Add("paused by", OneLine(destination.paused_by()));
  facts.Add("breaker", Painted(destination.breaker()));
  if (destination.open_until_us() != 0)
    facts.Add("next probe", ShowTime(destination.open_until_us(), style, now));
  facts.Add("failing", absl::StrCat(destination.failure_percent(), "% of the latest calls"));
  facts.Add("in flight",
            absl::StrCat(destination.in_flight(), " of ", destination.in_flight_limit()));
  facts.Add("rate limit", destination.rate_limit() == 0 ? "none" : Rate(destination.rate_limit()));
  facts.Add("limits", destination.limits_set() ? "set by an operator" : "as configured");
  facts.Add("queued", absl::StrCat(destination.queued()));
  facts.Add("calls",
            absl::StrCat(destination.calls(), ", of them ", destination.unknown(),
                         " of unknown outcome, ", destination.unreachable(), " unreachable"));
  facts.Add("by Kafka", absl::StrCat(destination.by_fallback()));
  facts.Add("time", absl::StrCat("half within ", Millis(destination.p50_us()), ", 99% within ",
                                 Millis(destination.p99_us())));
  const std::string name = GidArgument(destination.destination());
  const std::string value = FilterText(destination.destination());
  std::string text = facts.Text();
  absl::StrAppend(
      &text, "\nnext:\n  sagactl dest ", destination.paused() ? "resume" : "pause",
      " --reason '...' ", name, "\n  sagactl dlq group ", ShellQuoted(absl::StrCat("dest=", value)),
      "\n  sagactl list ",
      ShellQuoted(absl::StrCat("state=open and dest=\"", destination.destination(), "\"")), "\n");
  return text;
}

std::string ParticipantTable(const v1::ListParticipantsReply& participants, bool wide) {
  std::vector<std::string> header = {"PARTICIPANT", "LIVE",       "INSTANCES",
                                     "IN FLIGHT",   "OPERATIONS", "COMMAND TOPIC"};
  if (wide) header.insert(header.end(), {"ATTEMPT LIMIT", "CALLS", "ADDRESSES"});
  Table table(header);
  for (const v1::Participant& participant : participants.participants()) {
    int live = 0;
    uint64_t in_flight = 0;
    uint64_t calls = 0;
    std::string addresses;
    for (const v1::Instance& instance : participant.instances()) {
      live += instance.state() == "live" ? 1 : 0;
      in_flight += instance.in_flight();
      calls += instance.calls();
      absl::StrAppend(&addresses, addresses.empty() ? "" : ", ", instance.instance());
    }
    std::vector<std::string> row = {
        OneLine(participant.participant()),
        Paint(absl::StrCat(live), live > 0 ? Colour::kGood : Colour::kBad),
        absl::StrCat(participant.instances_size()),
        absl::StrCat(in_flight),
        absl::StrCat(participant.operations_size()),
        Cell(participant.command_topic())};
    if (wide) {
      row.insert(row.end(),
                 {absl::StrCat(participant.attempt_limit()), absl::StrCat(calls), Cell(addresses)});
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

std::string Description(const v1::Participant& participant, TimeStyle style, absl::Time now) {
  Facts facts;
  facts.Add("participant", OneLine(participant.participant()));
  facts.Add("topic", participant.command_topic().empty() ? "none: not reachable over Kafka"
                                                         : OneLine(participant.command_topic()));
  facts.Add("attempts", participant.attempt_limit() == 0
                            ? "as the server has it, then a dead letter"
                            : absl::StrCat(participant.attempt_limit(), ", then a dead letter"));
  Table instances({"INSTANCE", "STATE", "IN FLIGHT", "CAPACITY", "CALLS", "PROTOCOL", "VERSION",
                   "REGISTERED", "HEARTBEAT", "LEASE ENDS"});
  for (const v1::Instance& each : participant.instances()) {
    instances.Add(
        {OneLine(each.instance()), Painted(each.state()), absl::StrCat(each.in_flight()),
         each.capacity() == 0 ? "-" : absl::StrCat(each.capacity()), absl::StrCat(each.calls()),
         Cell(each.protocol()), Cell(each.version()), ShowTime(each.registered_us(), style, now),
         ShowTime(each.heartbeat_us(), style, now), ShowTime(each.lease_end_us(), style, now)});
  }
  Table operations({"OPERATION", "METHOD", "KIND", "IDEMPOTENT"});
  for (const v1::Operation& each : participant.operations()) {
    operations.Add({OneLine(each.name()), Cell(each.method()),
                    each.kind().empty() ? "any" : OneLine(each.kind()),
                    each.idempotent() ? "yes" : "no"});
  }
  return absl::StrCat(facts.Text(), "\n", instances.Text(), "\n", operations.Text(),
                      "\nnext:\n  sagactl dest describe ", GidArgument(participant.participant()),
                      "\n");
}

std::string OutboxText(const v1::Outbox& outbox, TimeStyle style, absl::Time now) {
  Facts facts;
  if (!outbox.kafka()) {
    facts.Add("kafka", "not configured");
    return facts.Text();
  }
  facts.Add("kafka", outbox.reachable() ? Paint("reachable", Colour::kGood)
                                        : Paint("not reachable", Colour::kBad));
  facts.Add("waiting", absl::StrCat(outbox.waiting()));
  facts.Add("oldest", ShowTime(outbox.oldest_us(), style, now));
  facts.Add("published", absl::StrCat(outbox.published(), " since start"));
  facts.Add("failed", absl::StrCat(outbox.failed(), " since start, and repeated"));
  if (outbox.messages_size() == 0) return facts.Text();
  Table table({"ID", "WAITS SINCE", "TOPIC", "KEY", "BYTES"});
  for (const v1::OutboxMessage& message : outbox.messages()) {
    table.Add({absl::StrCat(message.id()), ShowTime(message.create_time_us(), style, now),
               Cell(message.topic()), Cell(message.key()), absl::StrCat(message.size())});
  }
  return absl::StrCat(facts.Text(), "\n", table.Text());
}

}  // namespace saga::cli
