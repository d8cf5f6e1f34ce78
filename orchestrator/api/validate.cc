#include "orchestrator/api/validate.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/target_form.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/base/ascii.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

absl::Status Refuse(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

// Part of every call's headers or metadata, where control characters have no place.
absl::Status CheckCarried(absl::string_view what, absl::string_view text) {
  if (!HasControl(text)) return absl::OkStatus();
  return Refuse(absl::StrCat(
      what, " contains a control character, which no participant could be sent: take it out"));
}

absl::Status CheckTarget(const std::string& what, absl::string_view target) {
  const auto length = CheckLength(what, target.size(), core::kMaxTargetLength, "kMaxTargetLength",
                                  "send what varies in the payload");
  return length.ok() ? CheckCarried(what, target) : length;
}

absl::Status CheckSeconds(absl::string_view name, int64_t seconds) {
  if (seconds >= 0 && seconds <= core::kMaxOptionSeconds) return absl::OkStatus();
  return Refuse(absl::StrCat(name, " is ", seconds, " and must be from 0 to ",
                             core::kMaxOptionSeconds,
                             " seconds (kMaxOptionSeconds); 0 is the default"));
}

bool IsHeaderName(absl::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return false;
  }
  return true;
}

absl::Status CheckHeaders(const core::Options& options) {
  const auto& headers = options.branch_headers;
  if (headers.size() > core::kMaxBranchHeaders) {
    return Refuse(absl::StrCat(headers.size(), " branch_headers given, at most ",
                               core::kMaxBranchHeaders,
                               " allowed (kMaxBranchHeaders): send less, or in the payload"));
  }
  size_t bytes = 0;
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    if (!IsHeaderName(name)) {
      return Refuse(
          "a name in branch_headers must be made of letters, digits, '-', '_' and '.': rename it");
    }
    if (!base::IsPrintableAscii(value)) {
      return Refuse(absl::StrCat("branch_headers '", name.substr(0, 64),
                                 "' has a value with bytes outside printable ASCII: encode it"));
    }
  }
  return CheckLength("branch_headers, names and values together,", bytes, core::kMaxHeaderBytes,
                     "kMaxHeaderBytes", "send less, or in the payload");
}

absl::Status CheckOptions(const core::Options& options) {
  absl::Status status = CheckSeconds("timeout_to_fail", options.timeout_to_fail_s);
  if (status.ok()) status = CheckSeconds("retry_interval", options.retry_interval_s);
  if (status.ok()) status = CheckSeconds("request_timeout", options.request_timeout_s);
  if (status.ok() && options.retry_limit < 0) {
    status = Refuse(absl::StrCat("retry_limit is ", options.retry_limit,
                                 " and must not be negative; 0 is no limit"));
  }
  if (status.ok() && (options.attempt_limit < 0 || options.attempt_limit > core::kMaxRetryLimit)) {
    status = Refuse(absl::StrCat("attempt_limit is ", options.attempt_limit, " and must be 0 to ",
                                 core::kMaxRetryLimit, "; 0 is the participant's or the server's"));
  }
  return status.ok() ? CheckHeaders(options) : status;
}

absl::Status CheckMode(RequestKind kind, const std::string& word) {
  if (!core::FromWord<core::Mode>(word).has_value()) {
    return Refuse(absl::StrCat("unknown trans_type '", word.substr(0, 64),
                               "': use saga, tcc, msg, xa or workflow"));
  }
  if (kind == RequestKind::kPrepareWorkflow &&
      core::FromWord<core::Mode>(word) != core::Mode::kWorkflow)
    return Refuse(absl::StrCat("prepareWorkflow takes trans_type workflow, not ", word));
  return absl::OkStatus();
}

absl::Status CheckProtocol(const std::string& word) {
  if (ProtocolFromWord(word).has_value()) return absl::OkStatus();
  return Refuse(
      absl::StrCat("unknown protocol '", word.substr(0, 64), "': use http, grpc or json-rpc"));
}

// Only the modes that call back read it.
absl::Status CheckQueryPrepared(const DtmRequest& request) {
  return CheckTargetForm("query_prepared", ProtocolFromWord(request.protocol),
                         request.query_prepared);
}

// The transaction's protocol is not known here.
absl::Status CheckRegisteredTarget(const char* what, const std::string& target) {
  const absl::Status status = CheckTarget(what, target);
  return status.ok() ? CheckTargetForm(what, std::nullopt, target) : status;
}

// What a client may say of how a workflow, or a step of it, ended.
bool IsEnd(absl::string_view status) { return status == "succeed" || status == "failed"; }

absl::Status CheckWorkflowEnd(const DtmRequest& request, const core::RequestLimits& limits) {
  const auto said = [&](const char* key) -> absl::string_view {
    const auto found = request.req_extra.find(key);
    return found == request.req_extra.end() ? absl::string_view() : found->second;
  };
  if (!IsEnd(said("status"))) {
    return Refuse(absl::StrCat("req_extra.status of a workflow is '", said("status").substr(0, 64),
                               "' and must be succeed or failed"));
  }
  return CheckLength("req_extra.result", said("result").size(), limits.result, "limit.result_bytes",
                     "return a reference to the data instead");
}

absl::Status CheckStep(const DtmRegistration& registration) {
  const std::optional<core::Op> op = core::FromWord<core::Op>(registration.op);
  if (!op.has_value() || core::IsAskBack(*op)) {
    return Refuse(absl::StrCat("unknown op '", registration.op.substr(0, 64),
                               "' of a workflow's step: use action, compensate, try, confirm, "
                               "cancel, commit, rollback or business"));
  }
  if (IsEnd(registration.status)) return absl::OkStatus();
  return Refuse(absl::StrCat("status of a workflow's step is '", registration.status.substr(0, 64),
                             "' and must be succeed or failed"));
}

absl::Status CheckPayloads(const DtmRequest& request, const core::RequestLimits& limits) {
  size_t total = request.custom_data.size() + request.query_prepared.size();
  for (const DtmStep& step : request.steps) total += step.action.size() + step.compensate.size();
  for (size_t i = 0; i < request.payloads.size(); ++i) {
    const size_t size = base::Value(request.payloads[i]).size();
    total += size;
    const auto fits = CheckLength(absl::StrCat("the payload of step ", i), size, limits.payload,
                                  "limit.payload_bytes", "send a reference to the data instead");
    if (!fits.ok()) return fits;
  }
  return CheckLength("the request, steps and payloads together,", total, limits.request,
                     "limit.request_bytes", "split it, or send references to the data instead");
}

absl::Status CheckStepTargets(const DtmRequest& request, size_t i) {
  const std::string& action = request.steps[i].action;
  const std::string& compensate = request.steps[i].compensate;
  const std::string the_action = absl::StrCat("the action of step ", i);
  const std::string the_compensate = absl::StrCat("the compensate of step ", i);
  absl::Status status = CheckTarget(the_action, action);
  if (status.ok()) status = CheckTarget(the_compensate, compensate);
  const auto protocol = ProtocolFromWord(request.protocol);
  if (status.ok()) status = CheckTargetForm(the_compensate, protocol, compensate);
  // Who the receivers of a topic are is looked up later (topic_steps.h).
  const bool may_name_topic =
      core::FromWord<core::Mode>(request.trans_type) == core::Mode::kMessage;
  if (!status.ok() || (may_name_topic && action.starts_with(kTopicScheme))) return status;
  return CheckTargetForm(the_action, protocol, action);
}

absl::Status CheckSteps(const DtmRequest& request, const core::RequestLimits& limits) {
  if (request.steps.size() > limits.steps) {
    return Refuse(absl::StrCat(request.steps.size(), " steps given, at most ", limits.steps,
                               " allowed (limit.steps): split it into several transactions"));
  }
  for (size_t i = 0; i < request.steps.size(); ++i) {
    if (absl::Status status = CheckStepTargets(request, i); !status.ok()) return status;
  }
  if (request.payloads.size() < request.steps.size()) {
    return Refuse(
        absl::StrCat(request.payloads.size(), " payloads given for ", request.steps.size(),
                     " steps: send one for each step, an empty one where none is needed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateGid(const std::string& gid) {
  if (gid.empty())
    return Refuse(
        "gid is empty: ask newGid for one or choose one that names the business operation");
  const auto fits =
      CheckLength("gid", gid.size(), core::kMaxGidLength, "kMaxGidLength", "choose a shorter one");
  return fits.ok() ? CheckCarried("gid", gid) : fits;
}

absl::Status Validate(RequestKind kind, const DtmRequest& request,
                      const core::RequestLimits& limits) {
  if (kind == RequestKind::kAbort || kind == RequestKind::kForceStop ||
      kind == RequestKind::kRetryNow) {
    return ValidateGid(request.gid);
  }
  absl::Status status = CheckMode(kind, request.trans_type);
  if (status.ok()) status = ValidateGid(request.gid);
  if (status.ok()) status = CheckProtocol(request.protocol);
  if (status.ok() && request.protocol == "grpc" && !base::IsPrintableAscii(request.gid)) {
    status = Refuse(
        "gid contains bytes outside printable ASCII, which gRPC participants cannot be sent: "
        "choose another");
  }
  if (status.ok()) status = CheckOptions(request.options);
  if (status.ok()) {
    status = CheckLength("custom_data", request.custom_data.size(), limits.custom_data,
                         "limit.custom_data_bytes", "send less");
  }
  if (status.ok()) status = CheckTarget("query_prepared", request.query_prepared);
  if (!status.ok()) return status;
  switch (*core::FromWord<core::Mode>(request.trans_type)) {
    case core::Mode::kTcc:
    case core::Mode::kXa:
      return status;
    case core::Mode::kWorkflow:
      status = CheckQueryPrepared(request);
      return status.ok() && kind == RequestKind::kSubmit ? CheckWorkflowEnd(request, limits)
                                                         : status;
    case core::Mode::kMessage:
      status = CheckQueryPrepared(request);
      if (!status.ok()) return status;
      [[fallthrough]];
    case core::Mode::kSaga:
      status = CheckSteps(request, limits);
      return status.ok() ? CheckPayloads(request, limits) : status;
  }
  return status;
}

absl::Status Validate(const DtmRegistration& registration, const core::RequestLimits& limits) {
  const std::optional<core::Mode> mode = core::FromWord<core::Mode>(registration.trans_type);
  if (mode != core::Mode::kTcc && mode != core::Mode::kXa && mode != core::Mode::kWorkflow) {
    return absl::UnknownError(
        absl::StrCat("unknow trans type: ", registration.trans_type.substr(0, 64)));
  }
  absl::Status status = ValidateGid(registration.gid);
  if (status.ok() && registration.branch_id.empty())
    status = Refuse("branch_id is empty: send the branch's number");
  if (status.ok()) {
    status = CheckLength("branch_id", registration.branch_id.size(), core::kMaxBranchIdLength,
                         "kMaxBranchIdLength", "nest less deeply");
  }
  if (status.ok() && !base::IsPrintableAscii(registration.branch_id)) {
    status = Refuse("branch_id contains bytes outside printable ASCII: use digits");
  }
  if (status.ok()) status = CheckRegisteredTarget("confirm", registration.confirm);
  if (status.ok()) status = CheckRegisteredTarget("cancel", registration.cancel);
  if (status.ok()) status = CheckRegisteredTarget("url", registration.url);
  if (status.ok() && mode == core::Mode::kWorkflow) status = CheckStep(registration);
  if (status.ok()) {
    status =
        CheckLength("the branch's payload", base::Value(registration.payload).size(),
                    limits.payload, "limit.payload_bytes", "send a reference to the data instead");
  }
  return status;
}

}  // namespace saga::api
