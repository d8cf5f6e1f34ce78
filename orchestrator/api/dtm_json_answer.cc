#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using Json = nlohmann::json;

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a client does not say is left out, as with Go's omitempty.
void Put(Json& object, const char* key, std::string_view text) {
  if (!text.empty()) object[key] = text;
}

void Put(Json& object, const char* key, int64_t number) {
  if (number != 0) object[key] = number;
}

void Put(Json& object, const char* key, base::Time time) {
  if (time.IsSet() && time != base::kNever) object[key] = FormatTime(time);
}

// The option fields, which DTM shows both side by side with the others and as a text of their own.
Json Options(const core::GlobalTransaction& transaction) {
  const core::Options& options = transaction.options;
  Json object = {{"concurrent", transaction.concurrent}};
  if (transaction.wait_result) object["wait_result"] = true;
  Put(object, "timeout_to_fail", options.timeout_to_fail_s);
  Put(object, "request_timeout", options.request_timeout_s);
  Put(object, "retry_interval", options.retry_interval_s);
  Put(object, "retry_limit", options.retry_limit);
  Put(object, "attempt_limit", options.attempt_limit);
  Put(object, "retry_count", static_cast<int64_t>(transaction.limited_retries));
  if (!options.branch_headers.empty()) object["branch_headers"] = options.branch_headers;
  return object;
}

Json Global(const core::GlobalTransaction& transaction, base::Time next_wake) {
  Json object = Options(transaction);
  object["options"] = Text(object);
  // As on DTM's embedded stores: nothing but the gid names a transaction, and C# reads no id beyond
  // 32 bits.
  object["id"] = 0;
  object["create_time"] = FormatTime(transaction.create_time);
  object["update_time"] = FormatTime(transaction.update_time);
  Put(object, "gid", transaction.gid);
  Put(object, "trans_type", core::WordOf(transaction.mode));
  Put(object, "status", core::WordOf(transaction.status));
  Put(object, "query_prepared", transaction.query_prepared);
  Put(object, "protocol", core::WordOf(transaction.protocol));
  Put(object, "rollback_reason", transaction.rollback_reason);
  Put(object, "custom_data", transaction.custom_data);
  Put(object, "result", transaction.result);
  const bool failed = transaction.status == core::Status::kFailed;
  Put(object, failed ? "rollback_time" : "finish_time", transaction.finish_time);
  if (!core::IsFinal(transaction.status)) Put(object, "next_cron_time", next_wake);
  return object;
}

Json Branch(const core::GlobalTransaction& transaction, const core::Branch& branch) {
  Json object = {{"id", 0},
                 {"create_time", FormatTime(transaction.create_time)},
                 {"update_time", FormatTime(branch.finish_time.IsSet() ? branch.finish_time
                                                                       : transaction.update_time)}};
  Put(object, "gid", transaction.gid);
  Put(object, "url", branch.target);
  Put(object, "branch_id", branch.branch_id);
  Put(object, "op", core::WordOf(branch.op));
  Put(object, "status", core::WordOf(branch.status));
  Put(object, "finish_time", branch.finish_time);
  const std::string& payload = base::Value(branch.payload);
  if (!payload.empty()) object["bin_data"] = absl::Base64Escape(payload);
  return object;
}

absl::StatusOr<Json> Branches(const core::GlobalTransaction& transaction) {
  size_t shown = 0;
  for (const core::Branch& branch : transaction.branches)
    shown += base::Value(branch.payload).size() / 3 * 4;
  if (shown > core::kHttpAnswerSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the payloads of this transaction make ", shown, " bytes of JSON, at most ",
                     core::kHttpAnswerSize, " are shown (kHttpAnswerSize)"));
  }
  Json branches = Json::array();
  for (const core::Branch& branch : transaction.branches) {
    if (!core::IsAskBack(branch.op)) branches.push_back(Branch(transaction, branch));
  }
  return branches;
}

}  // namespace

std::string FormatTime(base::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6S%Ez", absl::FromUnixMicros(time.micros),
                          absl::UTCTimeZone());
}

absl::StatusOr<std::string> EncodeQuery(const core::GlobalTransaction& transaction,
                                        base::Time next_wake, base::Duration interval) {
  auto branches = Branches(transaction);
  if (!branches.ok()) return branches.status();
  Json global = Global(transaction, next_wake);
  if (!core::IsFinal(transaction.status))
    Put(global, "next_cron_interval", interval.micros / 1'000'000);
  return Text({{"branches", *std::move(branches)}, {"transaction", std::move(global)}});
}

absl::StatusOr<std::string> EncodeProgress(const core::GlobalTransaction& transaction) {
  auto branches = Branches(transaction);
  if (!branches.ok()) return branches.status();
  return Text(
      {{"progresses", *std::move(branches)}, {"transaction", Global(transaction, base::kNever)}});
}

std::string EncodeQueryOfNone() { return R"({"branches":[],"transaction":null})"; }

std::string EncodeList(const std::vector<port::StoredTransaction>& transactions,
                       const std::string& next_position) {
  Json list = Json::array();
  for (const port::StoredTransaction& stored : transactions) {
    list.push_back(Global(stored.transaction, stored.next_wake));
  }
  return Text({{"next_position", next_position}, {"transactions", std::move(list)}});
}

std::string EncodeListOfNone(const std::string& next_position) {
  return Text({{"next_position", next_position}, {"transactions", nullptr}});
}

}  // namespace saga::api
