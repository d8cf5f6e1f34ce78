#pragma once

// What fuzzing feeds: each decoder that faces a client, or a participant, as a function of bytes. A
// target stops the process when an invariant does not hold; otherwise it returns. The same
// functions are run by libFuzzer (tests/fuzz/run) and over the corpus by fuzz_corpus_test.

#include <string_view>
#include <vector>

namespace saga::fuzz {

// Bodies of the HTTP door.
void HttpRequestBody(std::string_view data);
void HttpRegistrationBody(std::string_view data);
// The target of an HTTP request: path and query, and the parameters of `all`.
void HttpTarget(std::string_view data);
// A call of the JSON-RPC door, its params included.
void JsonRpcCall(std::string_view data);
// JSON inside other fields.
void StepsText(std::string_view data);
void SagaCustomData(std::string_view data);
void MessageCustomData(std::string_view data);
void WorkflowCustomData(std::string_view data);
// Bytes of dtmgimp.DtmRequest and dtmgimp.DtmBranchRequest.
void GrpcRequest(std::string_view data);
void GrpcRegistration(std::string_view data);
// Of branches that are called by JSON-RPC: the payload that becomes the params, and the answer.
void JsonRpcPayload(std::string_view data);
void JsonRpcAnswer(std::string_view data);
// A filter of sagactl and saga.v1.
void FilterText(std::string_view data);

struct Target {
  std::string_view name;  // of its folder in tests/fuzz/corpus
  void (*run)(std::string_view data);
};

const std::vector<Target>& AllTargets();

}  // namespace saga::fuzz
