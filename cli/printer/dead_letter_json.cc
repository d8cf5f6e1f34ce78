#include "cli/printer/dead_letter_json.h"

#include <map>
#include <string>

#include "cli/printer/json.h"

namespace saga::cli {

using nlohmann::ordered_json;

namespace {

ordered_json NameJson(const v1::DeadLetterName& name) {
  return {{"gid", name.gid()}, {"branch_id", name.branch_id()}, {"op", name.op()}};
}

}  // namespace

ordered_json ToJson(const v1::DeadLetter& letter, bool payload) {
  ordered_json json = NameJson(letter.name());
  json["death"] = letter.death();
  json["reason"] = letter.reason();
  json["error"] = letter.error();
  json["fingerprint"] = letter.fingerprint();
  json["destination"] = letter.destination();
  json["target"] = letter.target();
  json["attempts"] = letter.attempts();
  json["first_failure"] = JsonTime(letter.first_failure_us());
  json["last_failure"] = JsonTime(letter.last_failure_us());
  json["dead_time"] = JsonTime(letter.dead_us());
  json["mode"] = letter.mode();
  json["status"] = letter.status();
  json["definition"] = letter.definition();
  if (payload) json["payload"] = ShowBytes(letter.payload());
  return json;
}

ordered_json ToJson(const v1::DeadLetterGroup& group) {
  return {{"destination", group.destination()},
          {"op", group.op()},
          {"fingerprint", group.fingerprint()},
          {"sample", group.sample()},
          {"count", group.count()},
          {"oldest", JsonTime(group.oldest_us())},
          {"newest", JsonTime(group.newest_us())}};
}

ordered_json ToJson(const v1::JobItem& item) {
  ordered_json json = NameJson(item.name());
  json["death"] = item.death();
  json["state"] = item.state();
  json["text"] = item.text();
  return json;
}

ordered_json ToJson(const v1::Job& job) {
  ordered_json json = {{"token", job.token()},
                       {"state", job.state()},
                       {"filter", job.filter()},
                       {"actor", job.actor()},
                       {"reason", job.reason()},
                       {"stop_reason", job.stop_reason()},
                       {"limits",
                        {{"rate", job.limits().rate()},
                         {"max_in_flight", job.limits().max_in_flight()},
                         {"canary", job.limits().canary()},
                         {"stop_after_errors", job.limits().stop_after_errors()}}},
                       {"create_time", JsonTime(job.create_us())},
                       {"start_time", JsonTime(job.start_us())},
                       {"end_time", JsonTime(job.end_us())},
                       {"total", job.total()},
                       {"pending", job.pending()},
                       {"running", job.running()},
                       {"done", job.done()},
                       {"failed", job.failed()},
                       {"skipped", job.skipped()}};
  if (job.items_size() == 0) return json;
  json["items"] = ordered_json::array();
  for (const v1::JobItem& item : job.items()) json["items"].push_back(ToJson(item));
  return json;
}

ordered_json ToJson(const v1::ParkedMessage& message) {
  ordered_json headers = ordered_json::object();
  // A protobuf map has no order of its own.
  const std::map<std::string, std::string> sorted(message.headers().begin(),
                                                  message.headers().end());
  for (const auto& [name, value] : sorted) headers[name] = value;
  return {{"id", message.id()},
          {"park_time", JsonTime(message.park_us())},
          {"reason", message.reason()},
          {"topic", message.topic()},
          {"partition", message.partition()},
          {"offset", message.offset()},
          {"key", ShowBytes(message.key())},
          {"headers", headers},
          {"value", ShowBytes(message.value())}};
}

}  // namespace saga::cli
