#include "orchestrator/api/dtm_grpc_messages.h"

#include <string>
#include <utility>

#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

core::Options TakeOptions(dtmgimp::DtmTransOptions& from) {
  core::Options options;
  options.timeout_to_fail_s = from.timeouttofail();
  options.retry_interval_s = from.retryinterval();
  options.request_timeout_s = from.requesttimeout();
  options.retry_limit = from.retrylimit();
  options.attempt_limit = from.attemptlimit();
  options.branch_headers.insert(from.branchheaders().begin(), from.branchheaders().end());
  return options;
}

std::string TakeData(dtmgimp::DtmBranchRequest& request, const char* key) {
  const auto found = request.mutable_data()->find(key);
  return found == request.mutable_data()->end() ? std::string() : std::move(found->second);
}

}  // namespace

DtmRequest TakeAbort(dtmgimp::DtmRequest& from) {
  DtmRequest request;
  request.gid = std::move(*from.mutable_gid());
  request.rollback_reason = std::move(*from.mutable_rollbackreason());
  return request;
}

absl::StatusOr<DtmRequest> TakeRequest(dtmgimp::DtmRequest& from, size_t max_steps) {
  auto steps = ParseSteps(from.steps(), max_steps);
  if (!steps.ok()) return steps.status();
  DtmRequest request;
  request.gid = std::move(*from.mutable_gid());
  request.trans_type = std::move(*from.mutable_transtype());
  request.steps = *std::move(steps);
  request.payloads.reserve(from.binpayloads_size());
  for (std::string& payload : *from.mutable_binpayloads()) {
    request.payloads.push_back(base::MakeBytes(std::move(payload)));
  }
  if (from.has_transoptions()) request.options = TakeOptions(*from.mutable_transoptions());
  request.custom_data = std::move(*from.mutable_customeddata());
  request.query_prepared = std::move(*from.mutable_queryprepared());
  request.protocol = core::WordOf(core::Protocol::kGrpc);
  request.wait_result = from.transoptions().waitresult();
  request.req_extra.insert(from.reqextra().begin(), from.reqextra().end());
  return request;
}

DtmRegistration TakeRegistration(dtmgimp::DtmBranchRequest& from) {
  DtmRegistration registration;
  registration.gid = std::move(*from.mutable_gid());
  registration.trans_type = std::move(*from.mutable_transtype());
  registration.branch_id = std::move(*from.mutable_branchid());
  registration.confirm = TakeData(from, "confirm");
  registration.cancel = TakeData(from, "cancel");
  registration.url = TakeData(from, "url");
  registration.op = TakeData(from, "op");
  registration.status = TakeData(from, "status");
  registration.payload = base::MakeBytes(std::move(*from.mutable_busipayload()));
  return registration;
}

dtmgimp::DtmProgressesReply ToProgress(const core::GlobalTransaction& transaction) {
  dtmgimp::DtmProgressesReply reply;
  dtmgimp::DtmTransaction& told = *reply.mutable_transaction();
  told.set_gid(transaction.gid);
  told.set_status(std::string(core::WordOf(transaction.status)));
  told.set_rollbackreason(transaction.rollback_reason);
  told.set_result(transaction.result);
  for (const core::Branch& branch : transaction.branches) {
    if (core::IsAskBack(branch.op)) continue;
    dtmgimp::DtmProgress& progress = *reply.add_progresses();
    progress.set_status(std::string(core::WordOf(branch.status)));
    progress.set_bindata(base::Value(branch.payload));
    progress.set_branchid(branch.branch_id);
    progress.set_op(std::string(core::WordOf(branch.op)));
  }
  return reply;
}

}  // namespace saga::api
