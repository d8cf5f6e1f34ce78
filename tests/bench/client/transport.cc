#include "tests/bench/client/transport.h"

namespace saga::bench {

absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(Protocol protocol,
                                                         const Transport::Options& options) {
  if (options.servers.empty()) return absl::InvalidArgumentError("no server is given");
  switch (protocol) {
    case Protocol::kGrpc:
      return MakeGrpcTransport(options);
    case Protocol::kHttp:
      return MakeHttpTransport(options);
  }
  return absl::InvalidArgumentError("unknown protocol");
}

}  // namespace saga::bench
