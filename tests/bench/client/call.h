#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace saga::bench {

// Whom a client calls: the server under load, or, for the first phase of a TCC or XA, the
// participant itself.
enum class Peer { kServer, kParticipant };

// One request of a client.
struct Call {
  Peer peer = Peer::kServer;
  std::string method;  // "/package.Service/Method" over gRPC, the path with its query over HTTP
  std::string body;    // serialised message, or JSON
  std::vector<std::pair<std::string, std::string>> metadata;  // gRPC only
};

enum class AnswerKind {
  kOk,
  // The server said no for good: ABORTED or 409. With wait_result: the transaction did not succeed.
  kRefused,
  kError,  // anything else, a broken connection included
};

struct Answer {
  AnswerKind kind = AnswerKind::kOk;
  std::string text;  // of a refusal or error
};

}  // namespace saga::bench
