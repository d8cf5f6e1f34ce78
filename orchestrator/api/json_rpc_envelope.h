#pragma once

// What is around a call that comes by JSON-RPC 2.0 (protocol 1.5). Pure functions, thread-safe,
// none throws.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace saga::api {

// {"jsonrpc":"2.0","id":"...","method":"...","params":...}: keys in any case, the last of several
// counts, others are passed over.
struct JsonRpcEnvelope {
  std::string jsonrpc;
  std::string id;
  std::string method;
  std::string params = "null";  // JSON text: what one of the decoders of dtm_json.h takes

  // InvalidArgument: the body is no JSON, or no such object: jsonrpc, id and method are strings.
  // The other fields are then as far as they could be read.
  absl::Status decoded;
};

// A list of calls (a batch) is no such object: DTM takes none.
JsonRpcEnvelope DecodeJsonRpcEnvelope(std::string_view body);

// The envelope once more as text, cut where it gets too long for an error: what a refusal shows.
std::string ShowEnvelope(const JsonRpcEnvelope& envelope);

// {"error":null,"id":id,"jsonrpc":"2.0","result":result}; `result` is JSON text.
std::string EncodeJsonRpcResult(const std::string& id, std::string_view result);

// {"error":{"code":code,"message":message},"id":id,"jsonrpc":"2.0","result":result}
std::string EncodeJsonRpcError(const std::string& id, int code, const std::string& message,
                               std::string_view result);

}  // namespace saga::api
