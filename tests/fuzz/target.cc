#include "tests/fuzz/target.h"

namespace saga::fuzz {

const std::vector<Target>& AllTargets() {
  static const auto* const targets = new std::vector<Target>{
      {"http_request_body", &HttpRequestBody},
      {"http_registration_body", &HttpRegistrationBody},
      {"http_target", &HttpTarget},
      {"json_rpc_call", &JsonRpcCall},
      {"steps_text", &StepsText},
      {"saga_custom_data", &SagaCustomData},
      {"message_custom_data", &MessageCustomData},
      {"workflow_custom_data", &WorkflowCustomData},
      {"grpc_request", &GrpcRequest},
      {"grpc_registration", &GrpcRegistration},
      {"json_rpc_payload", &JsonRpcPayload},
      {"json_rpc_answer", &JsonRpcAnswer},
      {"filter_text", &FilterText},
  };
  return *targets;
}

}  // namespace saga::fuzz
