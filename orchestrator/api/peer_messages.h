#pragma once

// Questions and answers between nodes, and the messages of proto/saga/node/v1/peer.proto. Pure;
// thread-safe.

#include "absl/status/statusor.h"
#include "orchestrator/engine/peer_link.h"
#include "saga/node/v1/peer.pb.h"

namespace saga::api {

node::v1::AskRequest ToMessage(const engine::PeerAsk& ask);
// InvalidArgument: what it is cannot be understood whole, most likely because another version of
// sagad sent it.
absl::StatusOr<engine::PeerAsk> FromMessage(const node::v1::AskRequest& message);

// kStopping is NOT_MINE. Payloads of a transaction that is too large for one message
// (core::kMaxPeerReply) are left out.
node::v1::AskReply ToMessage(const engine::Answer& answer);
// As FromMessage above. Kind kNotMine or kAnswered.
absl::StatusOr<engine::PeerAnswer> FromMessage(const node::v1::AskReply& message);

}  // namespace saga::api
