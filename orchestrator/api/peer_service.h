#pragma once

// Where the other nodes of a shared store ask this one: saga.node.v1.Peer
// (proto/saga/node/v1/peer.proto).

#include <memory>

#include "orchestrator/engine/engine.h"

namespace grpc {
class Service;
}

namespace saga::api {

inline constexpr char kPeerService[] = "saga.node.v1.Peer";

// Thread-safe. No thread is held while a question waits for its answer; whoever asked and goes away
// ends the wait, not the transaction.
class PeerService {
 public:
  // The engine outlives this. This outlives the server it is registered with, and every call of it
  // that the engine has not answered: destroy it after Engine::Stop.
  explicit PeerService(engine::Engine& engine);
  ~PeerService();

  PeerService(const PeerService&) = delete;
  PeerService& operator=(const PeerService&) = delete;

  // For GrpcServer, under the name kPeerService.
  grpc::Service* service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
