#include "participants/sdk/branch_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "participants/sdk/grpc_skin.h"
#include "participants/sdk/http_client.h"
#include "participants/sdk/http_target.h"

namespace saga::participants::sdk {
namespace {

std::string UrlWithContext(const BranchCall& call) {
  const BranchContext& branch = call.context;
  std::string url = call.target;
  absl::StrAppend(&url, absl::StrContains(url, "?") ? "&" : "?",
                  "branch_id=", PercentEncode(branch.branch_id));
  if (!call.orchestrator.empty()) absl::StrAppend(&url, "&dtm=", PercentEncode(call.orchestrator));
  absl::StrAppend(&url, "&gid=", PercentEncode(branch.gid), "&op=", WireName(branch.op),
                  "&trans_type=", WireName(branch.mode));
  if (!call.phase2_url.empty())
    absl::StrAppend(&url, "&phase2_url=", PercentEncode(call.phase2_url));
  return url;
}

Outcome CallOverHttp(const BranchCall& call) {
  const absl::StatusOr<HttpResponse> response =
      CallHttp(UrlWithContext(call), call.payload, call.headers, call.timeout);
  if (!response.ok()) return Outcome::Unknown(response.status().ToString());
  return FromHttpAnswer(response->status, response->body);
}

void AddMetadata(const BranchCall& call, grpc::ClientContext& context) {
  context.AddMetadata("dtm-gid", call.context.gid);
  context.AddMetadata("dtm-trans_type", std::string(WireName(call.context.mode)));
  context.AddMetadata("dtm-branch_id", call.context.branch_id);
  context.AddMetadata("dtm-op", std::string(WireName(call.context.op)));
  context.AddMetadata("dtm-dtm", call.orchestrator);
  if (!call.phase2_url.empty()) context.AddMetadata("dtm-phase2_url", call.phase2_url);
  for (const auto& [name, value] : call.headers)
    context.AddMetadata(absl::AsciiStrToLower(name), value);
}

}  // namespace

class BranchClient::Channels {
 public:
  std::shared_ptr<grpc::Channel> Get(const std::string& address) ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::MutexLock lock(&mutex_);
    std::shared_ptr<grpc::Channel>& channel = channels_[address];
    if (channel == nullptr)
      channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    return channel;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<grpc::Channel>> channels_
      ABSL_GUARDED_BY(mutex_);
};

BranchClient::BranchClient() : channels_(std::make_unique<Channels>()) {}

BranchClient::~BranchClient() = default;

Outcome BranchClient::Call(const BranchCall& call) {
  if (call.target.empty()) return Outcome::Done();
  if (absl::StartsWith(call.target, "http://")) return CallOverHttp(call);
  const size_t slash = call.target.find('/');
  if (slash == std::string::npos || absl::StrContains(call.target, "://")) {
    return Outcome::Unknown(absl::StrCat(
        "'", call.target, "' is neither host:port/package.Service/Method nor http://"));
  }
  grpc::ClientContext context;
  AddMetadata(call, context);
  context.set_deadline(absl::ToChronoTime(absl::Now() + call.timeout));
  grpc::GenericStub stub(channels_->Get(call.target.substr(0, slash)));
  const grpc::Slice slice(call.payload);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification answered;
  stub.UnaryCall(&context, call.target.substr(slash), grpc::StubOptions(), &request, &response,
                 [&](grpc::Status result) {
                   status = std::move(result);
                   answered.Notify();
                 });
  answered.WaitForNotification();
  return FromGrpcStatus(FromGrpc(status));
}

}  // namespace saga::participants::sdk
