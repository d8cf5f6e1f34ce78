#include "orchestrator/api/peer_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/peer_messages.h"
#include "orchestrator/core/limits.h"
#include "saga/node/v1/peer.grpc.pb.h"

namespace saga::api {

using engine::PeerAnswer;

namespace {

// A node that comes back under its old address is found again within half a second.
constexpr int kFirstReconnectMs = 50;
constexpr int kMaxReconnectMs = 500;
constexpr int kDialTimeoutMs = 2000;

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kDialTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  // Nodes are reached directly, whatever the environment says about proxies.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(
      static_cast<int>(core::kMaxPeerReply + core::kMaxPeerMessageSlack));
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

struct PeerClient::Peer {
  explicit Peer(const std::string& address) : stub(node::v1::Peer::NewStub(Dial(address))) {}

  const std::unique_ptr<node::v1::Peer::Stub> stub;
};

struct PeerClient::Call {
  uint64_t number = 0;
  std::shared_ptr<Peer> peer;
  grpc::ClientContext context;
  node::v1::AskRequest request;
  node::v1::AskReply reply;
  Done done;
};

PeerClient::PeerClient() = default;

PeerClient::~PeerClient() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [number, call] : calls_) call->context.TryCancel();
  const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_.empty(); };
  mutex_.Await(absl::Condition(&over));
}

std::shared_ptr<PeerClient::Peer> PeerClient::PeerAt(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  const auto found = peers_.find(address);
  if (found != peers_.end()) return found->second;
  // Nodes that are gone are not asked again: whoever is still needed is dialled anew.
  if (peers_.size() >= core::kMaxPeerLinks) peers_.clear();
  return peers_.emplace(address, std::make_shared<Peer>(address)).first->second;
}

void PeerClient::Ask(uint64_t number, const std::string& address, engine::PeerAsk ask,
                     base::Duration timeout, Done done) {
  auto call = std::make_shared<Call>();
  call->number = number;
  call->peer = PeerAt(address);
  call->request = ToMessage(ask);
  call->done = std::move(done);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::microseconds(timeout.micros));
  {
    absl::MutexLock lock(&mutex_);
    calls_.emplace(number, call);
  }
  call->peer->stub->async()->Ask(
      &call->context, &call->request, &call->reply, [this, call](grpc::Status status) {
        OnDone(call, status.ok(),
               status.error_message().empty() ? "no answer" : status.error_message());
      });
}

void PeerClient::OnDone(const std::shared_ptr<Call>& call, bool ok, const std::string& error) {
  PeerAnswer answer{.kind = PeerAnswer::Kind::kLost, .error = error};
  if (ok) {
    absl::StatusOr<PeerAnswer> read = FromMessage(call->reply);
    if (read.ok()) {
      answer = *std::move(read);
    } else {
      answer.error = std::string(read.status().message());
    }
  }
  call->done(std::move(answer));
  absl::MutexLock lock(&mutex_);
  calls_.erase(call->number);
}

void PeerClient::Cancel(uint64_t number) {
  absl::MutexLock lock(&mutex_);
  const auto found = calls_.find(number);
  if (found != calls_.end()) found->second->context.TryCancel();
}

}  // namespace saga::api
