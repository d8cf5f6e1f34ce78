#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "orchestrator/port/branch_caller.h"

namespace saga::adapter {

struct HttpBranchCallerOptions {
  // Calls on the wire at once, each on a connection of its own. More wait their turn; their
  // timeouts run meanwhile.
  size_t max_active = 2048;
  // Connections kept open for the next call.
  size_t max_idle_connections = 512;
  std::string user_agent = "sagad";
};

// Calls branches over HTTP/1.1 as protocol 3.2 and, for JSON-RPC, 3.3 describe; what the answer
// means is protocol 4.1 and 4.2. One thread serves all calls. Connections are kept and used again;
// redirects are followed; proxies named in the environment are not used; https certificates are
// checked against the system's authorities. A call whose reused connection is closed without one
// byte of an answer is made once more at once, by libcurl: the participant has given that
// connection up.
//
// Thread-safe. `done` runs on that thread, or inside Call when the call cannot be made.
class HttpBranchCaller final : public port::BranchCaller {
 public:
  explicit HttpBranchCaller(const HttpBranchCallerOptions& options = {});
  // Calls that are still out end with kUnknown before this returns.
  ~HttpBranchCaller() override;

  HttpBranchCaller(const HttpBranchCaller&) = delete;
  HttpBranchCaller& operator=(const HttpBranchCaller&) = delete;

  void Call(port::BranchCall call, Done done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::adapter
