#pragma once

// Branches that are called by JSON-RPC 2.0 over HTTP: the text of the call (protocol 3.3) and what
// the text of the answer means (protocol 4.2). Pure functions, thread-safe, none throws.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/base/bytes.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// Bytes of a JSON-RPC answer that are read for what they mean. A longer one is an unknown answer,
// as it is over gRPC.
inline constexpr size_t kMaxJsonRpcReplyBytes = 4 << 20;

// A call of a json-rpc transaction whose URL names a method. Every other HTTP call is a plain one
// (protocol 3.1).
bool IsJsonRpc(const port::BranchCall& call);

struct JsonRpcBody {
  base::Bytes text;
  std::string error;  // not empty: this call cannot be worded, and why
};

// {"id":...,"jsonrpc":"2.0","method":...,"params":{...}}, keys in order. The method is the URL's
// query parameter of that name, the params are the payload's fields with gid, trans_type, branch_id
// and op, which replace fields of the same name. An empty payload, and null, have no fields; what
// is no JSON object, or nests deeper than core::kMaxJsonDepth, is an error.
//
// `number` tells two calls of a transaction apart.
JsonRpcBody MakeJsonRpcBody(const port::BranchCall& call, uint64_t number);

// Of an answer that protocol 4.1 lets pass as a success. `error` decides: none is success, code
// -32901 failure, -32902 ongoing, every other one unknown; so is what is no JSON object. The text
// is the error's message, or the whole answer where there is none or it is unknown.
port::BranchReply JsonRpcReply(std::string_view body);

}  // namespace saga::adapter
