#include <string>

#include "dtmgimp/dtm.pb.h"
#include "orchestrator/api/dtm_grpc_messages.h"
#include "orchestrator/base/check.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

void GrpcRequest(std::string_view data) {
  dtmgimp::DtmRequest message;
  if (!message.ParseFromArray(data.data(), static_cast<int>(data.size()))) return;
  dtmgimp::DtmRequest of_abort = message;
  const auto request = api::TakeRequest(message);
  const api::DtmRequest abort = api::TakeAbort(of_abort);
  CheckAccepted(abort);
  if (!request.ok()) return CheckRefusal(request.status());
  SAGA_CHECK(request->gid == abort.gid);
  SAGA_CHECK(request->protocol == "grpc");
  CheckAccepted(*request);
}

void GrpcRegistration(std::string_view data) {
  dtmgimp::DtmBranchRequest message;
  if (!message.ParseFromArray(data.data(), static_cast<int>(data.size()))) return;
  const dtmgimp::DtmBranchRequest sent = message;
  const api::DtmRegistration registration = api::TakeRegistration(message);
  SAGA_CHECK(registration.gid == sent.gid() && registration.branch_id == sent.branchid());
  SAGA_CHECK(base::Value(registration.payload) == sent.busipayload());
  CheckAccepted(registration);
}

}  // namespace saga::fuzz
