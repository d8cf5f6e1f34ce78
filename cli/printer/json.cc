#include "cli/printer/json.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/printer/time.h"

namespace saga::cli {

namespace {

using nlohmann::ordered_json;

constexpr char kBase64[] = "base64:";

ordered_json ToJson(const v1::Branch& branch) {
  return {{"branch_id", branch.branch_id()},
          {"op", branch.op()},
          {"status", branch.status()},
          {"target", branch.target()},
          {"attempts", branch.attempts()},
          {"last_outcome", branch.last_outcome()},
          {"last_error", branch.last_error()},
          {"next_attempt", JsonTime(branch.next_attempt_us())},
          {"finish_time", JsonTime(branch.finish_time_us())},
          {"in_flight", branch.in_flight()},
          {"payload", ShowBytes(branch.payload())},
          {"after", std::vector<uint32_t>(branch.after().begin(), branch.after().end())},
          {"dead", branch.dead()},
          {"on_fallback", branch.on_fallback()},
          {"first_failure", JsonTime(branch.first_failure_us())},
          {"last_failure", JsonTime(branch.last_failure_us())}};
}

}  // namespace

ordered_json JsonTime(int64_t micros) {
  return micros == 0 ? ordered_json() : ordered_json(IsoTime(micros));
}

std::string ShowBytes(const std::string& bytes) {
  const bool printable = std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
  });
  // nlohmann knows UTF-8: what it cannot print strictly is not text.
  if (printable && !absl::StartsWith(bytes, kBase64)) {
    try {
      (void)ordered_json(bytes).dump();
      return bytes;
    } catch (const ordered_json::exception&) {
    }
  }
  return absl::StrCat(kBase64, absl::Base64Escape(bytes));
}

ordered_json ToJson(const v1::Transaction& transaction) {
  ordered_json json = {{"gid", transaction.gid()},
                       {"mode", transaction.mode()},
                       {"status", transaction.status()},
                       {"health", transaction.health()},
                       {"waits_for", transaction.waits_for()},
                       {"reason", transaction.reason()},
                       {"protocol", transaction.protocol()},
                       {"create_time", JsonTime(transaction.create_time_us())},
                       {"update_time", JsonTime(transaction.update_time_us())},
                       {"finish_time", JsonTime(transaction.finish_time_us())},
                       {"next_wake", JsonTime(transaction.next_wake_us())},
                       {"version", transaction.version()},
                       {"definition", transaction.definition()},
                       {"definition_version", transaction.definition_version()},
                       {"timeout_to_fail_s", transaction.timeout_to_fail_s()},
                       {"retry_interval_s", transaction.retry_interval_s()},
                       {"request_timeout_s", transaction.request_timeout_s()},
                       {"retry_limit", transaction.retry_limit()},
                       {"query_prepared", transaction.query_prepared()},
                       {"concurrent", transaction.concurrent()},
                       {"node_id", transaction.node_id()},
                       {"node", transaction.node()},
                       {"branches", ordered_json::array()}};
  for (const v1::Branch& branch : transaction.branches())
    json["branches"].push_back(ToJson(branch));
  return json;
}

ordered_json ToListJson(const v1::Transaction& transaction) {
  ordered_json json = ToJson(transaction);
  json.erase("branches");
  json.erase("waits_for");
  json.erase("node_id");
  json.erase("node");
  return json;
}

ordered_json ToJson(const v1::SubmitReply& reply) {
  ordered_json json = ToJson(reply.transaction());
  json["already_known"] = reply.already_known();
  return json;
}

ordered_json ToJson(const v1::HistoryEntry& entry) {
  return {{"time", JsonTime(entry.time_us())},
          {"kind", entry.kind()},
          {"branch_id", entry.branch_id()},
          {"op", entry.op()},
          {"attempt", entry.attempt()},
          {"outcome", entry.outcome()},
          {"text", entry.text()},
          {"actor", entry.actor()}};
}

ordered_json ToJson(const v1::StatsReply& stats) {
  ordered_json json = {{"start_time", JsonTime(stats.start_time_us())},
                       {"open_by_status", ordered_json::object()},
                       {"ended_by_status", ordered_json::object()},
                       {"live", stats.live()},
                       {"commits", stats.commits()},
                       {"commit_writes", stats.commit_writes()},
                       {"branch_calls", stats.branch_calls()},
                       {"refused", stats.refused()},
                       {"oldest_open", JsonTime(stats.oldest_open_us())},
                       {"store_ok", stats.store_ok()},
                       {"store_queries", stats.store_queries()},
                       {"lanes", ordered_json::array()}};
  for (const char* status : {"prepared", "submitted", "aborting"}) {
    const auto found = stats.open_by_status().find(status);
    json["open_by_status"][status] = found == stats.open_by_status().end() ? 0 : found->second;
  }
  for (const char* status : {"succeed", "failed"}) {
    const auto found = stats.ended_by_status().find(status);
    json["ended_by_status"][status] = found == stats.ended_by_status().end() ? 0 : found->second;
  }
  for (const v1::Lane& lane : stats.lanes()) {
    json["lanes"].push_back({{"destination", lane.destination()},
                             {"in_flight", lane.in_flight()},
                             {"queued", lane.queued()},
                             {"in_flight_limit", lane.in_flight_limit()},
                             {"calls", lane.calls()},
                             {"unknown", lane.unknown()}});
  }
  return json;
}

ordered_json ToJson(const v1::Node& node) {
  return {{"id", node.id()},
          {"name", node.name()},
          {"address", node.address()},
          {"version", node.version()},
          {"since", JsonTime(node.since_us())},
          {"lease_end", JsonTime(node.lease_end_us())},
          {"state", node.state()},
          {"held", node.held()},
          {"self", node.self()}};
}

ordered_json ToJson(const v1::Definition& definition) {
  return {{"name", definition.name()},
          {"version", definition.version()},
          {"mode", definition.mode()},
          {"steps", definition.steps()},
          {"description", definition.description()}};
}

std::string Dump(const ordered_json& json, bool one_line) {
  return json.dump(one_line ? -1 : 2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace saga::cli
