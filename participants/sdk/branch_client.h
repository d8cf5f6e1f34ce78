#pragma once

// Calls one branch, as an orchestrator does (protocol 3.2, 3.4). A TCC's client needs it for the
// try, and tests for everything.
//
// Thread safety: BranchClient is thread-safe; calls block.

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

struct BranchCall {
  // "host:port/package.Service/Method" for gRPC, "http://host:port/path" for HTTP. Empty: a branch
  // that always succeeds, without a call.
  std::string target;
  BranchContext context;
  std::string payload;                         // the serialized message, or the HTTP body
  std::map<std::string, std::string> headers;  // sent along
  // Where the global transaction lives, for branches that register branches of their own. Empty
  // from sagad itself.
  std::string orchestrator;
  std::string phase2_url;  // of an XA branch's action
  absl::Duration timeout = absl::Seconds(3);
};

class BranchClient {
 public:
  BranchClient();
  ~BranchClient();
  BranchClient(const BranchClient&) = delete;
  BranchClient& operator=(const BranchClient&) = delete;

  // A target that is neither form, an unreachable participant and a timeout are all `unknown`.
  Outcome Call(const BranchCall& call);

 private:
  class Channels;  // one kept gRPC channel per host:port
  std::unique_ptr<Channels> channels_;
};

}  // namespace saga::participants::sdk
