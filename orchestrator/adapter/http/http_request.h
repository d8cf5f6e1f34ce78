#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/base/bytes.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

// A branch call as HTTP sees it (protocol 3.2 and 3.3).
struct HttpRequest {
  std::string url;
  std::vector<std::string>
      header_lines;       // as libcurl takes them: "Name: value", or "Name;" for an empty value
  bool post = false;      // a payload makes it a POST, and so does XA; none a GET
  bool json_rpc = false;  // the answer is a JSON-RPC answer
  base::Bytes body;
  std::string error;  // not empty: this cannot be sent, and why
};

// The call's URL gets the four query parameters, unless it goes out by JSON-RPC, which has them in
// its body; the transaction's headers override ours. `number` tells two calls of a caller apart.
// Nothing that comes from outside can add a line to the request: control characters in the URL or
// in a header are an error. Headers that frame the message (Content-Length, Transfer-Encoding, ...)
// are the transport's and left out.
HttpRequest MakeHttpRequest(const port::BranchCall& call, const std::string& user_agent,
                            uint64_t number);

}  // namespace saga::adapter
