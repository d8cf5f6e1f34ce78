#include "orchestrator/api/peer_service.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "orchestrator/api/peer_messages.h"
#include "orchestrator/api/pending_call.h"
#include "orchestrator/engine/peer_link.h"
#include "saga/node/v1/peer.grpc.pb.h"

namespace saga::api {

class PeerService::Impl : public node::v1::Peer::CallbackService {
 public:
  explicit Impl(engine::Engine& engine) : engine_(engine) {}

  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const node::v1::AskRequest* request,
                                node::v1::AskReply* reply) override {
    absl::StatusOr<engine::PeerAsk> ask = FromMessage(*request);
    if (!ask.ok()) return FinishNow(context, ask.status());
    auto* reactor = new WaitingReactor();
    const std::shared_ptr<PendingCall> call = reactor->call();
    const std::string gid = ask->gid;
    const uint64_t wait = engine_.ServePeer(*std::move(ask), [call, reply](engine::Answer answer) {
      if (engine::LeftUnsure(answer)) {
        call->Finish(absl::UnavailableError(answer.error), [] {});
        return;
      }
      node::v1::AskReply filled = ToMessage(answer);
      call->Finish(absl::OkStatus(), [&] { *reply = std::move(filled); });
    });
    if (wait != 0) call->WhenCancelled([this, gid, wait] { engine_.CancelWait(gid, wait); });
    return reactor;
  }

 private:
  engine::Engine& engine_;
};

PeerService::PeerService(engine::Engine& engine) : impl_(std::make_unique<Impl>(engine)) {}

PeerService::~PeerService() = default;

grpc::Service* PeerService::service() { return impl_.get(); }

}  // namespace saga::api
