#include "orchestrator/adapter/grpc/grpc_channels.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <utility>

#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

// A participant that comes back is found again within half a second, before its branches have been
// repeated often; one that does not answer the dial is given up after kDialTimeoutMs and tried
// again.
constexpr int kInitialReconnectBackoffMs = 100;
constexpr int kMaxReconnectBackoffMs = 500;
constexpr int kDialTimeoutMs = 5000;
// A name is looked up again at most this often, so that a participant that moved is followed.
constexpr int kMinNameLookupPauseMs = 1000;
// Servers count pings that come more often than every five minutes as an attack and hang up.
constexpr int kKeepaliveMs = 6 * 60 * 1000;
// Bytes that nobody acknowledges for this long mean that the other machine is gone
// (TCP_USER_TIMEOUT).
constexpr int kKeepaliveTimeoutMs = 10 * 1000;
// Without calls a channel stops reconnecting after this.
constexpr int kIdleMs = 5 * 60 * 1000;
// Replies are not looked at, but have to fit; gRPC's usual limit.
constexpr int kMaxReplyBytes = 4 << 20;
// A failure's message travels in a header. The usual 8 KiB turn a longer one into an unknown
// answer.
constexpr int kMaxReplyMetadataBytes = 64 << 10;

bool IsDialable(const std::string& address) {
  return !address.empty() &&
         std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// The address as a name for the DNS resolver. Said so explicitly: gRPC would read other things into
// "unix:x" or "xds:x", and local sockets are nobody's business here.
std::string DialName(const std::string& address) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string name = "dns:///";
  for (const char c : address) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_' || c == ':';
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += kHex[static_cast<unsigned char>(c) >> 4];
      name += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return name;
}

}  // namespace

GrpcChannels::GrpcChannels(size_t max_channels, std::string user_agent)
    : max_channels_(max_channels), user_agent_(std::move(user_agent)) {
  SAGA_CHECK(max_channels_ > 0);
}

std::shared_ptr<grpc::Channel> GrpcChannels::Get(const std::string& address) {
  std::shared_ptr<grpc::Channel> channel;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = channels_.find(address);
    if (found != channels_.end()) {
      found->second.last_used = ++uses_;
      return found->second.channel;
    }
  }
  if (!IsDialable(address)) return nullptr;
  // Outside of the lock: making a channel takes longer than using one. When two threads come here
  // with the same new address, the second channel is dropped again unused.
  channel = Dial(address);
  absl::MutexLock lock(&mutex_);
  if (channels_.size() >= max_channels_ && !channels_.contains(address)) DropOldest();
  Entry& entry = channels_[address];
  if (entry.channel == nullptr) entry.channel = std::move(channel);
  entry.last_used = ++uses_;
  return entry.channel;
}

void GrpcChannels::DropOldest() {
  const auto oldest = std::min_element(
      channels_.begin(), channels_.end(),
      [](const auto& a, const auto& b) { return a.second.last_used < b.second.last_used; });
  if (oldest != channels_.end()) channels_.erase(oldest);
}

std::shared_ptr<grpc::Channel> GrpcChannels::Dial(const std::string& address) const {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix(user_agent_);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, address);
  arguments.SetServiceConfigJSON(R"({"loadBalancingConfig":[{"round_robin":{}}]})");
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kInitialReconnectBackoffMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kDialTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kMinNameLookupPauseMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, kIdleMs);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxReplyMetadataBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // sagad repeats calls itself, and only after the repetition is stored.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return grpc::CreateCustomChannel(DialName(address), grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace saga::adapter
