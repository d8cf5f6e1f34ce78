#include "orchestrator/adapter/decorator/routed_caller.h"

#include <utility>

#include "orchestrator/core/target.h"

namespace saga::adapter {

void RoutedCaller::Call(port::BranchCall call, Done done) {
  switch (core::TransportOf(call.protocol, call.target)) {
    case core::Transport::kHttp:
      return http_.Call(std::move(call), std::move(done));
    case core::Transport::kGrpc:
      return grpc_.Call(std::move(call), std::move(done));
  }
}

}  // namespace saga::adapter
