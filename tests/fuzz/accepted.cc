#include "tests/fuzz/accepted.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "orchestrator/adapter/grpc/grpc_metadata.h"
#include "orchestrator/adapter/http/http_json_rpc.h"
#include "orchestrator/adapter/http/http_request.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/target_form.h"
#include "orchestrator/api/validate.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/target.h"
#include "orchestrator/engine/branch_call.h"

namespace saga::fuzz {

namespace {

using api::RequestKind;
using nlohmann::json;

constexpr size_t kLongestRefusal = 8192;

// Everything but a payload that is not for JSON-RPC can be put on the wire.
void CheckCallable(const port::BranchCall& call) {
  if (core::NamesParticipant(call.target)) {
    SAGA_CHECK(core::SplitParticipantTarget(call.target).error.empty());
    return;
  }
  switch (core::TransportOf(call.protocol, call.target)) {
    case core::Transport::kHttp: {
      const adapter::HttpRequest request = adapter::MakeHttpRequest(call, "fuzz", 1);
      SAGA_CHECK(request.error.empty() || adapter::IsJsonRpc(call));
      return;
    }
    case core::Transport::kGrpc: {
      const core::GrpcTarget target = core::SplitGrpcTarget(call.target);
      SAGA_CHECK(target.error.empty());
      SAGA_CHECK(adapter::IsSendableMethod(target.method));
      SAGA_CHECK(adapter::ForEachMetadata(call, [](std::string, std::string) {}).empty());
      return;
    }
  }
}

size_t RowsOf(RequestKind kind, const api::DtmRequest& request, core::Mode mode) {
  switch (mode) {
    case core::Mode::kSaga:
      return 2 * request.steps.size();
    case core::Mode::kMessage: {
      size_t rows = kind == RequestKind::kPrepare ? 1 : 0;
      for (const api::DtmStep& step : request.steps)
        rows += std::max<size_t>(step.receivers.size(), 1);
      return rows;
    }
    case core::Mode::kTcc:
    case core::Mode::kXa:
      return 0;
    case core::Mode::kWorkflow:
      return request.query_prepared.empty() ? 0 : 1;
  }
  return 0;
}

// As if two had subscribed to every topic that there may be.
api::DtmRequest WithReceivers(api::DtmRequest request) {
  for (api::DtmStep& step : request.steps) {
    if (step.action.starts_with(api::kTopicScheme))
      step.receivers = {"http://r/1", "http://r/2?a=b"};
  }
  return request;
}

void CheckDraft(RequestKind kind, const api::DtmRequest& sent) {
  const api::DtmRequest request = WithReceivers(sent);
  const auto draft = api::ToDraft(kind, request);
  if (!draft.ok()) return CheckRefusal(draft.status());
  SAGA_CHECK(draft->gid == request.gid);
  SAGA_CHECK(draft->branches.size() == RowsOf(kind, request, draft->mode));
  SAGA_CHECK(draft->predecessors.empty() || draft->predecessors.size() == request.steps.size());
  for (const core::Branch& branch : draft->branches) {
    SAGA_CHECK(!branch.branch_id.empty());
    if (!branch.target.empty()) CheckCallable(engine::CallOf(*draft, branch, {}));
  }
  const auto shown = api::EncodeQuery(*draft, base::Time{1});
  SAGA_CHECK(shown.ok() && json::accept(*shown));
  const auto progress = api::EncodeProgress(*draft);
  SAGA_CHECK(progress.ok() && json::accept(*progress));
}

void CheckKind(RequestKind kind, const api::DtmRequest& request) {
  const absl::Status valid = api::Validate(kind, request);
  if (!valid.ok()) return CheckRefusal(valid);
  const bool is_workflow = core::FromWord<core::Mode>(request.trans_type) == core::Mode::kWorkflow;
  switch (kind) {
    case RequestKind::kPrepare:
    case RequestKind::kPrepareWorkflow:
      return CheckDraft(kind, request);
    case RequestKind::kSubmit:
      if (!is_workflow) return CheckDraft(kind, request);
      SAGA_CHECK(core::IsFinal(api::ToWorkflowEnd(request).status));
      return;
    case RequestKind::kAbort:
    case RequestKind::kForceStop:
    case RequestKind::kRetryNow:
    case RequestKind::kRegisterBranch:
    case RequestKind::kEndWorkflow:
      return;
  }
}

}  // namespace

void CheckRefusal(const absl::Status& refusal) {
  SAGA_CHECK(!refusal.ok());
  SAGA_CHECK(!refusal.message().empty());
  SAGA_CHECK(refusal.message().size() <= kLongestRefusal);
  SAGA_CHECK(!api::ToWire(refusal).text.empty());
}

void CheckAccepted(const api::DtmRequest& request) {
  for (const RequestKind kind :
       {RequestKind::kPrepare, RequestKind::kSubmit, RequestKind::kAbort,
        RequestKind::kPrepareWorkflow, RequestKind::kForceStop, RequestKind::kRetryNow}) {
    CheckKind(kind, request);
  }
}

void CheckAccepted(const api::DtmRegistration& registration) {
  const absl::Status valid = api::Validate(registration);
  if (!valid.ok()) return CheckRefusal(valid);
  const core::BranchRegistered event = api::ToRegistration(registration);
  SAGA_CHECK(event.rows.size() == (event.mode == core::Mode::kWorkflow ? 1 : 2));
  for (const core::Branch& row : event.rows) {
    SAGA_CHECK(row.branch_id == registration.branch_id);
    // An XA transaction's second phase has no payload (protocol 3.5).
    SAGA_CHECK(base::Value(row.payload) == base::Value(registration.payload) ||
               (event.mode == core::Mode::kXa && row.payload == nullptr));
    // Called over whichever transport the target is for, if any.
    core::GlobalTransaction transaction;
    transaction.gid = "g";
    transaction.mode = event.mode;
    transaction.protocol = core::Protocol::kGrpc;
    const port::BranchCall call = engine::CallOf(transaction, row, {});
    if (core::TransportOf(call.protocol, call.target) == core::Transport::kHttp) {
      CheckCallable(call);
    }
  }
}

std::string ToJson(const api::DtmRequest& request) {
  json body = {{"gid", request.gid},
               {"trans_type", request.trans_type},
               {"query_prepared", request.query_prepared},
               {"protocol", request.protocol},
               {"custom_data", request.custom_data},
               {"rollback_reason", request.rollback_reason},
               {"wait_result", request.wait_result},
               {"concurrent", request.concurrent},
               {"timeout_to_fail", request.options.timeout_to_fail_s},
               {"request_timeout", request.options.request_timeout_s},
               {"retry_interval", request.options.retry_interval_s},
               {"retry_limit", request.options.retry_limit},
               {"branch_headers", request.options.branch_headers},
               {"req_extra", request.req_extra},
               {"steps", json::array()},
               {"payloads", json::array()}};
  for (const api::DtmStep& step : request.steps) {
    body["steps"].push_back({{"action", step.action}, {"compensate", step.compensate}});
    if (!step.data.empty()) body["steps"].back()["data"] = step.data;
  }
  for (const base::Bytes& payload : request.payloads) {
    body["payloads"].push_back(base::Value(payload));
  }
  return body.dump();
}

std::string ToJson(const api::DtmRegistration& registration) {
  const json body = {{"gid", registration.gid},
                     {"trans_type", registration.trans_type},
                     {"branch_id", registration.branch_id},
                     {"confirm", registration.confirm},
                     {"cancel", registration.cancel},
                     {"url", registration.url},
                     {"op", registration.op},
                     {"status", registration.status},
                     {"data", base::Value(registration.payload)}};
  return body.dump();
}

}  // namespace saga::fuzz
