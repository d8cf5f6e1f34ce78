#pragma once

// The engine's way to the other nodes of a shared store, over gRPC.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/peer_link.h"

namespace saga::api {

// Thread-safe. A connection for each node that was asked, made when it is first asked and kept;
// core::kMaxPeerLinks of them at most.
class PeerClient final : public engine::PeerLink {
 public:
  PeerClient();
  // Ends what is under way and waits until it has: every `done` has run then.
  ~PeerClient() override;

  void Ask(uint64_t number, const std::string& address, engine::PeerAsk ask, base::Duration timeout,
           Done done) override;
  void Cancel(uint64_t number) override;

 private:
  struct Call;
  struct Peer;

  std::shared_ptr<Peer> PeerAt(const std::string& address);
  void OnDone(const std::shared_ptr<Call>& call, bool ok, const std::string& error);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Peer>> peers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::api
