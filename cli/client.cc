#include "cli/client.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include <grpcpp/create_channel.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/version.h"

namespace saga::cli {

namespace {

constexpr int kMostAttempts = 3;
constexpr absl::Duration kBetweenAttempts = absl::Milliseconds(150);

std::shared_ptr<grpc::Channel> Dial(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

std::string UserName() {
  const passwd* const entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// UNAVAILABLE is also what sagad says while it stops or its store fails. That no connection came
// about is told in the text only.
bool NobodyThere(const std::string& message) {
  return absl::StrContains(message, "failed to connect") ||
         absl::StrContains(message, "DNS resolution failed");
}

}  // namespace

Client::Client(std::string server, absl::Duration timeout)
    : server_(std::move(server)), timeout_(timeout), stub_(v1::Admin::NewStub(Dial(server_))) {}

void Client::Prepare(grpc::ClientContext* context) const {
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
}

grpc::Status Client::Explain(const grpc::Status& status) const {
  const std::string& message = status.error_message();
  const auto told = [&](const std::string& text) {
    return grpc::Status(status.error_code(), text);
  };
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    if (!NobodyThere(message)) return told(absl::StrCat("sagad at ", server_, ": ", message));
    return told(
        absl::StrCat(kNobodyAnswers, " at ", server_, " (", message,
                     "). Is it running? --server or SAGACTL_SERVER names another address."));
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    return told(absl::StrCat("what answers at ", server_, " is not sagad, or an older one"));
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return told(absl::StrCat("no answer from ", server_, " within ", absl::FormatDuration(timeout_),
                             "; --timeout gives it longer"));
  }
  return status;
}

template <typename Call>
grpc::Status Client::Ask(Call call) const {
  // A connection that fails may be one that failed in passing; every call may be repeated, since
  // what it asks for is named by a gid.
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    Prepare(&context);
    const grpc::Status status = call(&context);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || attempt == kMostAttempts)
      return Explain(status);
    absl::SleepFor(kBetweenAttempts);
  }
}

v1::Actor Client::Actor(const std::string& reason) {
  v1::Actor actor;
  actor.set_user(UserName());
  actor.set_host(HostName());
  actor.set_tool(absl::StrCat("sagactl ", kVersion));
  actor.set_reason(reason);
  return actor;
}

grpc::Status Client::List(const v1::ListRequest& request, v1::ListReply* reply) {
  return Ask([&](grpc::ClientContext* context) { return stub_->List(context, request, reply); });
}

grpc::Status Client::Get(const std::string& gid, v1::Transaction* reply) {
  v1::GetRequest request;
  request.set_gid(gid);
  return Ask([&](grpc::ClientContext* context) { return stub_->Get(context, request, reply); });
}

grpc::Status Client::History(const std::string& gid, v1::HistoryReply* reply) {
  v1::HistoryRequest request;
  request.set_gid(gid);
  return Ask([&](grpc::ClientContext* context) { return stub_->History(context, request, reply); });
}

grpc::Status Client::Submit(const v1::SubmitRequest& request, v1::SubmitReply* reply) {
  return Ask([&](grpc::ClientContext* context) { return stub_->Submit(context, request, reply); });
}

grpc::Status Client::Wait(const std::string& gid, v1::Transaction* reply) {
  v1::WaitRequest request;
  request.set_gid(gid);
  return Ask([&](grpc::ClientContext* context) { return stub_->Wait(context, request, reply); });
}

grpc::Status Client::Abort(const std::string& gid, const std::string& reason,
                           v1::Transaction* reply) {
  v1::AbortRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Actor(reason);
  return Ask([&](grpc::ClientContext* context) { return stub_->Abort(context, request, reply); });
}

grpc::Status Client::ForceStop(const std::string& gid, const std::string& reason,
                               v1::Transaction* reply) {
  v1::ForceStopRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Actor(reason);
  return Ask(
      [&](grpc::ClientContext* context) { return stub_->ForceStop(context, request, reply); });
}

grpc::Status Client::RetryNow(const std::string& gid, const std::string& reason,
                              v1::Transaction* reply) {
  v1::RetryNowRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Actor(reason);
  return Ask(
      [&](grpc::ClientContext* context) { return stub_->RetryNow(context, request, reply); });
}

grpc::Status Client::Stats(v1::StatsReply* reply) {
  return Ask([&](grpc::ClientContext* context) { return stub_->Stats(context, {}, reply); });
}

grpc::Status Client::ListDefinitions(v1::ListDefinitionsReply* reply) {
  return Ask(
      [&](grpc::ClientContext* context) { return stub_->ListDefinitions(context, {}, reply); });
}

grpc::Status Client::Version(v1::VersionReply* reply) {
  return Ask([&](grpc::ClientContext* context) { return stub_->Version(context, {}, reply); });
}

}  // namespace saga::cli
