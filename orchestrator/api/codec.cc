#include "orchestrator/api/codec.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/ascii.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/target.h"
#include "workflow/wf.pb.h"

namespace saga::api {

namespace {

using core::Branch;
using core::Op;

// Branch id of the check-back and of a workflow's callback (protocol 8.2).
constexpr std::string_view kAskBackBranchId = "00";

Branch MakeRow(std::string branch_id, Op op, std::string target, base::Bytes payload) {
  Branch row;
  row.branch_id = std::move(branch_id);
  row.op = op;
  row.target = std::move(target);
  row.payload = std::move(payload);
  return row;
}

base::Bytes PayloadOf(const DtmRequest& request, size_t step) {
  return step < request.payloads.size() ? request.payloads[step] : nullptr;
}

absl::Status AddSagaRows(DtmRequest& request, core::GlobalTransaction& draft) {
  auto custom = ParseSagaCustomData(request.custom_data, request.steps.size());
  if (!custom.ok()) return custom.status();
  draft.concurrent = custom->concurrent;
  draft.predecessors = std::move(custom->predecessors);
  draft.branches.reserve(2 * request.steps.size());
  for (size_t i = 0; i < request.steps.size(); ++i) {
    const base::Bytes payload = PayloadOf(request, i);
    draft.branches.push_back(
        MakeRow(BranchIdOf(i), Op::kCompensate, std::move(request.steps[i].compensate), payload));
    draft.branches.push_back(
        MakeRow(BranchIdOf(i), Op::kAction, std::move(request.steps[i].action), payload));
  }
  return absl::OkStatus();
}

absl::Status AddMessageRows(RequestKind kind, DtmRequest& request, core::GlobalTransaction& draft) {
  const auto delay = ParseMessageDelay(request.custom_data);
  if (!delay.ok()) return delay.status();
  draft.delay_s = *delay;
  draft.concurrent = request.concurrent;
  draft.branches.reserve(request.steps.size() + 1);
  for (size_t i = 0; i < request.steps.size(); ++i) {
    const auto add = [&](std::string branch_id, std::string& target) {
      draft.branches.push_back(
          MakeRow(std::move(branch_id), Op::kAction, std::move(target), PayloadOf(request, i)));
    };
    DtmStep& step = request.steps[i];
    if (step.receivers.empty()) add(BranchIdOf(i), step.action);
    for (size_t j = 0; j < step.receivers.size(); ++j) {
      const bool only = step.receivers.size() == 1;
      add(only ? BranchIdOf(i) : absl::StrCat(BranchIdOf(i), "-", BranchIdOf(j)),
          step.receivers[j]);
    }
  }
  if (kind == RequestKind::kPrepare) {
    draft.branches.push_back(
        MakeRow(std::string(kAskBackBranchId), Op::kQuery, request.query_prepared, nullptr));
  }
  return absl::OkStatus();
}

// The input as the callback brings it: raw over HTTP, wrapped over gRPC (protocol 3.5).
std::string CallbackPayload(core::Protocol protocol, const std::string& target, std::string data) {
  if (core::TransportOf(protocol, target) == core::Transport::kHttp) return data;
  workflow::WorkflowData message;
  message.set_data(std::move(data));
  return message.SerializeAsString();
}

absl::Status AddCallback(const DtmRequest& request, core::GlobalTransaction& draft) {
  auto custom = ParseWorkflowCustomData(request.custom_data);
  if (!custom.ok()) return custom.status();
  draft.workflow = std::move(custom->name);
  if (request.query_prepared.empty()) return absl::OkStatus();
  if (core::TransportOf(draft.protocol, request.query_prepared) == core::Transport::kGrpc &&
      !base::IsPrintableAscii(draft.workflow)) {
    return absl::InvalidArgumentError(
        "custom_data of a workflow: name has bytes outside printable ASCII, which a callback over "
        "gRPC cannot carry: rename the workflow");
  }
  draft.branches.push_back(
      MakeRow(std::string(kAskBackBranchId), Op::kCallback, request.query_prepared,
              base::MakeBytes(CallbackPayload(draft.protocol, request.query_prepared,
                                              std::move(custom->data)))));
  return absl::OkStatus();
}

absl::Status AddRows(RequestKind kind, DtmRequest& request, core::GlobalTransaction& draft) {
  switch (draft.mode) {
    case core::Mode::kSaga:
      return AddSagaRows(request, draft);
    case core::Mode::kTcc:
    case core::Mode::kXa:
      return absl::OkStatus();
    case core::Mode::kMessage:
      return AddMessageRows(kind, request, draft);
    case core::Mode::kWorkflow:
      return AddCallback(request, draft);
  }
  SAGA_CHECK(false);
}

}  // namespace

std::string BranchIdOf(size_t step) {
  const size_t number = step + 1;
  return number < 10 ? absl::StrCat("0", number) : absl::StrCat(number);
}

std::optional<core::Protocol> ProtocolFromWord(std::string_view word) {
  return word.empty() ? core::Protocol::kHttp : core::FromWord<core::Protocol>(word);
}

std::string CleanHttpGid(std::string_view gid) {
  std::string clean;
  clean.reserve(gid.size());
  for (const char c : gid) {
    if (c != '\n' && c != '\r' && c != ';') clean.push_back(c);
  }
  return clean;
}

void TakeLegacyData(DtmRequest& request) {
  for (DtmStep& step : request.steps) {
    if (!step.data.empty()) request.payloads.push_back(base::MakeBytes(std::move(step.data)));
    step.data.clear();
  }
}

absl::StatusOr<core::GlobalTransaction> ToDraft(RequestKind kind, DtmRequest request) {
  const std::optional<core::Mode> mode = core::FromWord<core::Mode>(request.trans_type);
  const std::optional<core::Protocol> protocol = ProtocolFromWord(request.protocol);
  SAGA_CHECK(mode.has_value() && protocol.has_value());  // Validate refuses others
  core::GlobalTransaction draft;
  draft.mode = *mode;
  draft.protocol = *protocol;
  if (const absl::Status added = AddRows(kind, request, draft); !added.ok()) return added;
  draft.gid = std::move(request.gid);
  draft.options = std::move(request.options);
  draft.wait_result = request.wait_result;
  draft.custom_data = std::move(request.custom_data);
  draft.query_prepared = std::move(request.query_prepared);
  return draft;
}

core::BranchRegistered ToRegistration(DtmRegistration registration) {
  const std::optional<core::Mode> mode = core::FromWord<core::Mode>(registration.trans_type);
  SAGA_CHECK(mode.has_value());  // Validate refuses others
  core::BranchRegistered event;
  event.mode = *mode;
  const auto add = [&](Op op, std::string target) {
    event.rows.push_back(
        MakeRow(registration.branch_id, op, std::move(target), registration.payload));
  };
  switch (*mode) {
    case core::Mode::kTcc:
      add(Op::kCancel, std::move(registration.cancel));
      add(Op::kConfirm, std::move(registration.confirm));
      break;
    case core::Mode::kXa:
      registration.payload = nullptr;  // the second phase of XA brings nothing (protocol 3.5)
      add(Op::kRollback, registration.url);
      add(Op::kCommit, registration.url);
      break;
    case core::Mode::kWorkflow:
      add(core::FromWord<core::Op>(registration.op).value_or(Op::kAction), "");
      event.rows.back().status = core::FromWord<core::BranchStatus>(registration.status)
                                     .value_or(core::BranchStatus::kSucceed);
      break;
    case core::Mode::kSaga:
    case core::Mode::kMessage:
      SAGA_CHECK(false);
  }
  return event;
}

core::WorkflowEnded ToWorkflowEnd(DtmRequest request) {
  core::WorkflowEnded event;
  event.status =
      core::FromWord<core::Status>(request.req_extra["status"]).value_or(core::Status::kFailed);
  event.rollback_reason = std::move(request.req_extra["rollback_reason"]);
  event.result = std::move(request.req_extra["result"]);
  return event;
}

}  // namespace saga::api
