#include "orchestrator/adapter/mysql/dtm_record.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::adapter::mysql {

namespace {

using Json = nlohmann::json;

constexpr char kAskBackBranchId[] = "00";  // protocol 8.2

absl::StatusOr<Json> ObjectOf(absl::string_view name, absl::string_view text) {
  if (text.empty()) return Json::object();
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_null()) return Json::object();
  if (!json.is_object())
    return absl::DataLossError(absl::StrCat("column ", name, " is no JSON object: ", text));
  return json;
}

int64_t NumberIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

bool BoolIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string TextIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void TakeOrders(const Json& custom, core::GlobalTransaction* transaction) {
  transaction->concurrent = BoolIn(custom, "concurrent");
  const auto orders = custom.find("orders");
  if (orders == custom.end() || !orders->is_object()) return;
  for (const auto& [step, before] : orders->items()) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(step, &number) || number >= core::kLargestSteps || !before.is_array())
      continue;
    auto& predecessors = transaction->predecessors;
    if (predecessors.size() <= number) predecessors.resize(number + 1);
    for (const Json& one : before) {
      if (one.is_number_unsigned()) predecessors[number].push_back(one.get<uint32_t>());
    }
  }
}

// As the callback brings it: raw over HTTP; over gRPC a message whose first field has it (protocol
// 3.5), which is its tag, its length and the bytes.
std::string CallbackPayload(const core::GlobalTransaction& transaction, std::string input) {
  const bool grpc =
      core::TransportOf(transaction.protocol, transaction.query_prepared) == core::Transport::kGrpc;
  if (!grpc || input.empty()) return input;
  std::string message = "\x0a";
  size_t length = input.size();
  for (; length >= 0x80; length >>= 7) message.push_back(static_cast<char>(0x80 | (length & 0x7F)));
  message.push_back(static_cast<char>(length));
  return message + input;
}

void AddAskBack(core::Op op, std::string payload, base::Time when,
                core::GlobalTransaction* transaction) {
  core::Branch& row = transaction->branches.emplace_back();
  row.branch_id = kAskBackBranchId;
  row.op = op;
  row.target = transaction->query_prepared;
  row.payload = base::MakeBytes(std::move(payload));
  row.next_attempt = when;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::Status TakeDtmTexts(absl::string_view options, core::GlobalTransaction* transaction) {
  const absl::StatusOr<Json> json = ObjectOf("options", options);
  if (!json.ok()) return json.status();
  transaction->wait_result = BoolIn(*json, "wait_result");
  transaction->options = {.timeout_to_fail_s = NumberIn(*json, "timeout_to_fail"),
                          .retry_interval_s = NumberIn(*json, "retry_interval"),
                          .request_timeout_s = NumberIn(*json, "request_timeout"),
                          .retry_limit = NumberIn(*json, "retry_limit"),
                          .attempt_limit = NumberIn(*json, "attempt_limit")};
  transaction->limited_retries = static_cast<uint32_t>(NumberIn(*json, "retry_count"));
  if (const auto headers = json->find("branch_headers");
      headers != json->end() && headers->is_object()) {
    for (const auto& [name, value] : headers->items()) {
      if (value.is_string()) transaction->options.branch_headers[name] = value.get<std::string>();
    }
  }
  const absl::StatusOr<Json> custom = ObjectOf("custom_data", transaction->custom_data);
  switch (transaction->mode) {
    case core::Mode::kSaga:
      if (!custom.ok()) return custom.status();
      TakeOrders(*custom, transaction);
      break;
    case core::Mode::kMessage:
      if (!custom.ok()) return custom.status();
      transaction->concurrent = BoolIn(*json, "concurrent");
      transaction->delay_s = NumberIn(*custom, "delay");
      break;
    case core::Mode::kWorkflow:
      if (!custom.ok()) return custom.status();
      transaction->workflow = TextIn(*custom, "name");
      break;
    case core::Mode::kTcc:
    case core::Mode::kXa:
      break;
  }
  return absl::OkStatus();
}

void AssumeBranch(const core::GlobalTransaction& transaction, core::Branch* branch) {
  const bool settled = branch->status != core::BranchStatus::kPrepared;
  const bool undone =
      transaction.mode == core::Mode::kSaga && transaction.status == core::Status::kAborting;
  branch->called |= settled || (undone && branch->op == core::Op::kAction);
  if (!settled) return;
  branch->attempts = std::max(branch->attempts, 1U);
  branch->answered = true;
  branch->last_outcome = branch->status == core::BranchStatus::kSucceed ? core::Outcome::kSuccess
                                                                        : core::Outcome::kFailure;
}

void AssumeProgress(core::GlobalTransaction* transaction) {
  using core::Mode, core::Status;
  for (core::Branch& branch : transaction->branches) AssumeBranch(*transaction, &branch);
  if (transaction->mode == Mode::kMessage && transaction->status == Status::kSubmitted &&
      transaction->delay_s > 0) {
    for (core::Branch& branch : transaction->branches)
      branch.next_attempt = transaction->create_time + base::Seconds(transaction->delay_s);
  }
  if (transaction->status != Status::kPrepared || transaction->query_prepared.empty()) return;
  if (transaction->mode == Mode::kMessage) {
    const int64_t timeout = transaction->options.timeout_to_fail_s;
    const base::Duration after = timeout > 0 ? base::Seconds(timeout) : core::kDefaultTimeoutToFail;
    AddAskBack(core::Op::kQuery, "", transaction->create_time + after, transaction);
  } else if (transaction->mode == Mode::kWorkflow) {
    std::string input;
    const absl::StatusOr<Json> custom = ObjectOf("custom_data", transaction->custom_data);
    if (custom.ok()) absl::Base64Unescape(TextIn(*custom, "data"), &input);
    AddAskBack(core::Op::kCallback, CallbackPayload(*transaction, std::move(input)), {},
               transaction);
  }
}

std::string DtmOptions(const core::GlobalTransaction& transaction) {
  const core::Options& options = transaction.options;
  if (options == core::Options{} && !transaction.wait_result && transaction.limited_retries == 0)
    return transaction.concurrent ? R"({"concurrent":true})" : R"({"concurrent":false})";
  Json json = {{"concurrent", transaction.concurrent}};
  if (transaction.wait_result) json["wait_result"] = true;
  const auto put = [&](const char* key, int64_t number) {
    if (number != 0) json[key] = number;
  };
  put("timeout_to_fail", options.timeout_to_fail_s);
  put("request_timeout", options.request_timeout_s);
  put("retry_interval", options.retry_interval_s);
  put("retry_limit", options.retry_limit);
  put("attempt_limit", options.attempt_limit);
  put("retry_count", transaction.limited_retries);
  if (!options.branch_headers.empty()) json["branch_headers"] = options.branch_headers;
  return Dump(json);
}

std::string DtmCustomData(const core::GlobalTransaction& transaction) {
  if (!transaction.custom_data.empty()) return transaction.custom_data;
  if (transaction.mode == core::Mode::kMessage && transaction.delay_s > 0)
    return Dump({{"delay", transaction.delay_s}});
  if (transaction.mode != core::Mode::kSaga ||
      (!transaction.concurrent && transaction.predecessors.empty())) {
    return "";
  }
  Json orders = Json::object();
  for (size_t step = 0; step < transaction.predecessors.size(); ++step) {
    if (!transaction.predecessors[step].empty())
      orders[absl::StrCat(step)] = transaction.predecessors[step];
  }
  return Dump({{"concurrent", transaction.concurrent}, {"orders", std::move(orders)}});
}

}  // namespace saga::adapter::mysql
